print("parp")
