"""Reading questions with a chat model (LangChain): the same intents first, free SQL as a second, marked way.

`model.py` opens the model that LRS_LLM names, `asking_model.py` is the exchange with it, `agent.py` the agent that
writes free SQL, `prompt.py` what both are told. The model gets the question, the figures and the names of views and
columns; rows of its own queries only where LRS_LLM_SEES_ROWS says so, as data in an envelope. Its tools name an intent
or read through the guard like any other: an order hidden in the data can at most make it ask another query that reads.
"""
