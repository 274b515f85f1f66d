"""Everyday English that says nothing of which figure is asked for: turns of phrase, asides, words of other subjects.

Belongs here: lists of words and what surrounds a question (`for my slides`, `hi there`). Not here: the words that a
question is built with (english.py), what means something here (semantic_model.yaml), what is done with them (words.py).
"""

from __future__ import annotations

import re

from lrs_platform.questions.english import FILLING, FRAME, word_set

# Verbs, adjectives and adverbs that tell how something is done rather than what. They are passed over like `FILLING`,
# with a doubt. No word that could be the very thing that is asked for stands here: that keeps foreign questions out.
NEUTRAL = word_set("""
    abroad absolute accept achieve acknowledge acquire actively adequate adjust admit adopt affect afterwards aim
    alike alive allow alone aloud amaze amid analyse analyze apart apparent appear apply appreciate aside assess
    assist assume astonish attach attract available avoid aware awful barely batch bear beat begin behave believe
    belong bet bother bound bright brilliant broad brought bulk certain chalk chunk circa claim classify close
    closely cluster collect combine comment common commonly compile complex comprise conduct confirm connect
    consistently constant constantly contribute correspond crazy create cumulative current cut dare dear decent
    declare deep deeply definite deliberate delighted demonstrate depend deserve desire destine determine devote
    dig direct discover discuss distinct double doubt draw dream drill eager earlier early effort elaborate emerge
    emphasise enable encounter encourage enormous ensure entail enter essential establish estimate evaluate
    eventually evidence evident examine exceed exceptional exclude exclusive exhibit explore expose extra extreme
    extremely fair fairly familiar famous fascinate feature fetch fine fit fix flat flip focus forget form former
    forward frankly free frequent frequently friendly front fully further gather gauge generate genuine genuinely
    grab gradual grand grasp grateful guarantee handle handy hang hardly harm heavily heavy hectic helpful hence
    hint hit hold honest honestly hope huge hunt ideal identify ignore imagine immediate immediately immense
    impact importance important inform initial initially inspect intend intense investigate invite join judge jump
    keen kick knock lack large largely latter least leave length less liable likely limit link locate lookup loose
    lower lucky maintain majority mark massive match mere merely mess mid mind minimal minority miraculous miss
    mix moderate modest moment monitor mount multiple nail narrow natural naturally neat necessary needed negative
    neither nicely nonetheless notable noted noteworthy obtain obvious odd originally outline overwhelm partial
    particular particularly passable peculiar perceive perfect perform persuade phenomenal pick pile pin poor pop
    positive possible possibly potential potentially prepare preserve pressing prevalent prevent previous
    previously primarily primary principal prior probable proceed progress prominent promise prompt properly
    proportion propose prove provoke pull purely pursue quiet quote rack radical random rapid rare rarely rate
    reach react ready realise realistic realize reasonable recall receive recognise recognize recover reduce refer
    regardless regret regularly relative relatively relevant rely remarkable remarkably remember render replace
    respond responsible rest restrict retain retrieve rid rough rush sadly safe scan scare scary scatter search
    secure seek seemingly select sense serious seriously severe shape sharp sheer shift shine short shortly
    significant similar similarly sink skim slight slightly slip slow slowly smooth snapshot solely solid solve
    somehow soon sorely source spare speak special specific specifically spike spit spoil spot squeeze stable
    stack staggering standard stare steep stick stood strange strict strike striking strong strongly struggle
    stupid subject substantial succeed suddenly suffer sufficient suit suitable super superb support surface
    surprise surprising survey suspect swap swear tackle tally tempt terrible terribly terrific thorough
    thoroughly tidy tied tight tiny tire totally tough track transform treat tremendous trend trigger trouble true
    truly trust ultimate ultimately unable unclear unexpected unfortunate unfortunately unique unlike unusual
    upcoming update upfront utter utterly vague valid valuable various vary vast verify viable view vital void
    vote warn waste watch weird whatsoever whereabout whereas wide widely widespread willing wonderful worry wow
    wrap wrong yield
""")
# Nouns that only frame: what an answer is needed for, how it is to look, how it went.
FRAMING = word_set("""
    account addition angle answer approach area aspect attention bar beginning behaviour bottom cause chance
    choice circumstance clue column context crowd curve difficulty direction duration edge factor fashion feeling
    finding folk glance half hand heads impression input insight intention item line luck manner margin middle
    mode mood note notion obstacle outcome outlook pace path pattern peak percentage period perspective phase
    piece problem purpose quarter query question ranking reality reason result rhythm row sake sample scenario
    scene section sequence series sign stage stretch subset success tip title top trace truth uptake variety word
    world
""")
# What other questions are about. It is never taken for a slip in one of our words: `stars` is not `starts`.
OTHER_SUBJECTS = word_set("""
    accident accountant address admin advert age agency agenda agent airport alarm alcohol allergy allowance
    apartment app apple applicant application appointment apprentice approval aptitude army art article asset
    assistant audit author authority award baby backup badge bag balance bank bathroom battery beach bed beer
    benefit bicycle bike bill birth birthday boat bonus book booking boss bottle boy branch brand bread breakfast
    brother browser budget bug building bus button buyer cable cafe cake calendar camera campaign campus canteen
    capacity capital car carer cartoon cash cat ceiling ceo certificate chair channel chat chef chief child
    children church cinema citizen city climate clock clothes cloud club coach coffee color colour commission
    committee competitor complaint computer conference contact content contract contractor cook cost council
    country coupon crm currency customer cycle database date daughter deal death debt delivery dentist deposit
    desk device diet dinner director disability discount disease doctor document dog dollar door download dress
    drink driver drug editor education election electricity email employer energy engine engineer enquiry error
    estate euro exhibition expense export eye family fan farm father fee female festival file film fire fish
    flight floor flower fluent follower food football forecast fruit fuel furniture future game garage garden gas
    gender gift girl glass goal gold golf government grant ground guest guide gun hair hall handbook hardware hat
    head headset health heating height history hobby holiday home hospital host hotel hour house husband ice
    illness image income industry injury installer insurance internet interview invoice island jacket job joke
    journal juice key keyboard kid kitchen lab lady language laptop law lawyer leader leaflet library licence
    license life lift light lion liquid loan location logo lunch machine magazine male manager map market marriage
    meal meat medal medicine meeting member memory menu merger metal mobile money mother mountain mouse movie
    museum music nationality network news newspaper night noise novel nurse office oil opinion option orange owner
    package page paint parcel parent park parking partner party passport patient pay payment pen pension permit
    pet phone photo pilot pizza plane plant plate player poem police policy politics pool population port post
    printer prison prize product profit project promotion property protest pub purchase radio rain rating recipe
    refund region rent rental request resource restaurant restroom revenue review reward rice river road robot
    role room rule salary sale salesman school science screenwriter sea season seat security seller seminar server
    service settings shareholder ship shirt shoe shop shower sister site skill sky sleep smoke snow soccer
    software son song soul space speaker sport spouse staffing star station stock stomach store storm street sun
    supervisor supplier surgeon swimming symptom system tablet target tax taxi tea teacher technology telephone
    television temperature tenant tennis theatre theory thief ticket toilet tool tourist tower town trade traffic
    train trainer travel tree trip truck turnover uniform union university vacancy vacation vegetable vehicle
    vendor venue video village visa visitor volunteer voucher wage wall warehouse warranty water weather web
    webinar website wedding weight wheel wife window wine winter woman wood workplace workshop yard youth zone zoo
""")
# Words that are passed over, but are the very thing that is asked for right behind `how many`, `which`, `number of`.
COUNTABLE = word_set("""
    account action aim area article aspect bar case cause change choice class clue column company condition copy
    course crowd degree detail direction edge effort example factor feature feeling fit form function hint idea
    image instance issue kind land length level line list mode mood move note object offer option order outlook
    path pattern phase picture piece place plan plot position problem product promise proof purpose quote range
    rest review sample scene section sense shape side sign site situation sort source spot state story stretch
    style surprise survey table title track trouble type value variety version view vote way weekend wish word
    work
""")
# What comes before a question or behind it, and who it is for.
_WHO = (
    r"(?:my |our |the )?(?:boss|manager|director|ceo|board|management|chief|head|leadership|team lead|client|auditor)s?"
)
_FOR = (
    r"(?:report|slides?|deck|presentation|meeting|board|management|newsletter|review|update|dashboard|call|one-to-one)"
)
_ASIDES = re.compile(
    r"^(?:hi|hello|hey|morning|afternoon|evening|good (?:morning|afternoon|evening)|dear (?:all|team))\b"
    r"(?: there| all| everyone| team)?[ ,.!:;-]+(?=\w)"
    r"|^(?:a )?(?:quick|short|small|silly|stupid|simple) (?:one|question|thing)(?: for you)?[ ,.!:;-]+"
    rf"|\b{_WHO} (?:wants?|needs?|asks?|asked|is asking|keeps asking|would like) "
    r"(?:me |us )?(?:to (?:know|see) )?(?:about )?"
    rf"|\bfor (?:my|our|the|a|an|this|that|tomorrow's|today's|next)(?: \w+)? {_FOR}\b:?"
    r"|\b(?:in|at|during) (?:a|the|my|our|an) (?:team |staff |weekly |monthly )?meeting\b"
    r"|\bi(?:'m| am) (?:preparing|writing|making|building|putting together|working on) "
    r"(?:a|an|the|my|our) \w+(?: \w+)?[:,;-]+"
    r"|\b(?:please|pls|plz|thanks|thank you|cheers|thx|asap|fyi|btw|if possible|if you can)\b(?: in advance)?",
    re.IGNORECASE,
)

FOREIGN = OTHER_SUBJECTS - FRAMING - NEUTRAL - FRAME - (FILLING - {"manager"})


def without_asides(question: str) -> str:
    """The question without greetings, thanks and whom it is for; itself where nothing else would be left."""
    bare = " ".join(_ASIDES.sub(" ", question).split())
    return bare if re.search(r"\w", bare) else question
