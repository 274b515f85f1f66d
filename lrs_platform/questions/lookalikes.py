"""English words that are a slip away from one of ours and mean something else: `sick` is not `stick`.

Belongs here: the list, and nothing else. Found among the fifteen thousand most frequent words of English by mending
each of them (words.py); to be found anew where the words of the semantic model grow.
"""

from __future__ import annotations

from lrs_platform.questions.english import word_set

LOOKALIKES = word_set("""
    accent activist activists adapting advocate ahmad albert alloy altar auction augusta bach bait bali ball bark
    basil batter bean beard beast beck begged belt bent bert bing bitter black blacks blend blew blink bloc blog
    blown blur boast boeing boil bones boom boot boots boring boxer boyd breed brick briggs brock broker brook
    brooks brow buck bury bush bust butter cage cal calf calm camel camp cancer cane cape carl carr cart cass
    catering cave cease cell charge chew chick chicks chose classy clause claws clean clinical clone closet code
    coding cody coke cola cole colt coma comb comet commands commerce compete complain composed concert concession
    cone confession consent consulting contend contest convention converting cope coping cops cord core cory couch
    county court cove cozy crank criminal crow crown crush cure dads dagger dairy daisy dale dame dams dana dancer
    dante darn dart dave dawn decay decision defending delicate dessert dice dime ding dire distance distract
    district diversion dome donation dong donor doom dope dose dove draft drafting drip drive drone drown duke
    dying ears ease east easter eaten edit esther executed expelled expert faction factions faculty fake fame
    farther fate fats fault faults feast fell fellow fest finalists finnish fist flank flare flaw flaws flee flour
    flow fluffy foil fold font fool fore foremost fork fort foul fred freed freezer friction function funk
    furnished gavin gems gene giant god gods gore grace grad grain grape grapes grave graves grid grin guts hale
    halo hank hans hardened hardy hare hart hash heal heap hear heard hell helm herb herd hero hind hire hole holt
    holy hong hood hugh infected inherent injected insect insisted intercept invented investor iran ivan jane joan
    john joint judy jung jury keller ken kent kirk knew knot knox lace lake lame lane lang laps larger leaf leap
    lease legged lent lest licking lime linen liner ling lips live lives local lock locked locking loft lois lone
    loop lord lore los loud lung lust mack maid maker mali mall marc marco mare marsh mart marx mary mask masks
    mass massage mast mastery mate math maze media meds megan melt mesa mesh messi messy mike mis mist mister
    mitch moist mole mon mono monte moore moron morse moss mouth nate needy neil node none noon norman nose notre
    ounce oven owen pact pads paige pale pals para pasta paste patch peace pearson peas peel peer persona pest
    pete pierce pike pill pine pink pint pleas poker pole poll pope pose poster pots pray precious prof prom prone
    prop proposition props pros proud puck pulp quartet race rage raid rand rant raped rats rave reap reception
    recurring reed refuge regain registry reid releasing relieved remake remote reno repairing repeal reserved
    resin resist resisted retail retiring retro rick ride ripe risen risky roar rode rose routing rudy ruining
    ruins russ sage said sand sane sang saul save scale scar scarce scarf scars scent scope scratching sect seed
    seize shade shady shake shale shame shane shark shave sheep shell shin shocking shoot shore shores shout shut
    sick sickness sigh sims sing sings sins skate skin slap slate slept slick slid slim slot smell snail snap
    sneak soft soil soils spear spend spill spoon stake stakes stalking stamp stan stanford stark statue statues
    steak stem stiff stitch strained stranger stray stream string stripping struck stuart stud submarine sway
    sweat sweep swept swore tale tales tall tame tamil tank tape tapes tate tear tent tents texas theme thick
    threw thrust tide tier tiger tile tiles tilt timber tina toll tone tony torch tories torn toxic trait tray
    trial tribes trick tricks trim trio trout troy tube tuck tuna turf turner tyre uber underwear unfit unity
    usher ussr verse verses vice wade waist wal walt ward wards ware warp watt wave weak weed weeds west whale
    white wild willy woke wong wore worm worms worn worthy wound yeah
""")
