-- Which collaborations would be new, if all pairs of organisations that wait were decided to be the same.
{{ collaboration_novelty(ref('int_collaboration__member_joined'), ref('int_organisation__joined')) }}
