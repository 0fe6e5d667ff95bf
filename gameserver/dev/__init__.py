"""`--dev`: a change of the code or of a page is taken while the server runs.

A small process, the supervisor, stays from the start to the end. It runs the server in a process of its own. When the
code changes, the supervisor starts a second server with the new code, the successor, which tries the code on a copy of
the matches. Only then does the first server save its rooms and end, and the successor takes its port, rooms and seats.

    companion     in the server: finds changes, shows problems, hands over
    supervisor    starts the processes, and passes their messages on
    boot          the start of a server's process
    link          in the server: the values of the predecessor, and the turn to serve
    rehearsal     in the successor: tries the new code
"""
