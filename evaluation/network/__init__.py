"""The collaboration network: who works with whom, across clusters or within, and how much hangs on the cluster bodies.

    ties      who was tied to whom in the window of a quarter, by class of tie (SQL over the mart)
    novelty   ties that are new, repeated or lapsed (SQL)
    graph     ties as a graph
    measures  measures of a graph
    attendance  the event network, counted
    evaluate  the evaluation tables of all quarters
    draw      where organisations stand in a picture
    export    files for Gephi and spreadsheets

Only recorded ties are seen: growth is partly better reporting, and nothing here says that the programme caused it.
"""
