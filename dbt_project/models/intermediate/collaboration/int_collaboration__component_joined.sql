-- Which returned collaborations would be one, if all pairs of organisations that wait were decided to be the same.
{{ collaboration_components(ref('int_collaboration__member_joined')) }}
