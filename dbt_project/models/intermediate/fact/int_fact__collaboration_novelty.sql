-- A collaboration is new when at least one pair of its members had no qualifying tie in the months before. Ties of an
-- earlier programme, which no return knows, stand in the seed baseline_tie.
{{ collaboration_novelty(ref('int_collaboration__member'), ref('int_organisation__placed')) }}
