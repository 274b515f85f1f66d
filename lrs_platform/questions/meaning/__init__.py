"""What a question most likely asks for, learned from some thousand wordings.

Belongs here: taking names and days out, the features of what is left, the sentence model, the learned weights. Not
here: the wordings and the learning (lrs_platform/bench/questions), how what is likely and the words decide together
(lrs_platform/questions/weighing.py).
"""
