"""Reading questions with a chat model (LangChain): the same intents first, free SQL as a second, marked way.

`model.py` opens the model that LRS_LLM names, `asking_model.py` is the exchange with it, `prompt.py` what it is told.
The model gets the question, the figures and the names of views and columns, and nothing that stands in the database: no
row, no name of a lesson, no text of a learner. So there is no place for a hidden instruction, and nothing that could
leak. Its only tools name an intent or a query, which the guard reads like any other.
"""
