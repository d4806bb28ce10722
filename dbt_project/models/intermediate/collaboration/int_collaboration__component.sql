-- Which returned collaborations are one: the same agreement of one body, or two that agree in two of reference, purpose
-- and members. A reference alone joins nothing between bodies.
{{ collaboration_components(ref('int_collaboration__member')) }}
