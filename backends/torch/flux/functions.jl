rows(x) = size(x, ndims(x))

rolled(x, shift) = circshift(x, ntuple(i -> i == ndims(x) ? shift : 0, ndims(x)))

expanded(x, count) = repeat(x, ntuple(i -> i == ndims(x) ? count : 1, ndims(x))...)

one_hot(x, outcomes) = Float32.(reshape(0:outcomes-1, :, ntuple(_ -> 1, ndims(x))...) .== reshape(x, 1, size(x)...))

labels(vectors) = map(index -> index[1] - 1, dropdims(argmax(vectors; dims = 1); dims = 1))

expectation(logits) = softmax(logits; dims = 1)

expectation_bits(logits) = sigmoid.(logits)

function scheduled(step, points, smooth)
    before, number = first(points)
    for (after, target) in Base.tail(points)
        if step < after
            way = max(step - before, 0) / (after - before)
            return number + (target - number) * (smooth ? (1 - cospi(way)) / 2 : way)
        end
        before, number = after, target
    end
    return number
end

squared_error(reference, prediction) = sum(abs2, prediction .- reference) / rows(prediction)

mean_squared_error(reference, prediction) = sum(abs2, prediction .- reference) / length(prediction)

absolute(reference, prediction) = sum(abs, prediction .- reference) / rows(prediction)

function huber(reference, prediction; delta = 1)
    distance, most = abs.(prediction .- reference), eltype(prediction)(delta)
    return sum(ifelse.(distance .<= most, distance .^ 2 ./ 2, most .* (distance .- most ./ 2))) / rows(prediction)
end

difference(reference, prediction) = sum(prediction .- reference) / rows(prediction)

function directions(x)
    vectors = reshape(x, :, rows(x))
    squares = sum(abs2, vectors; dims = 1)
    short = sqrt.(squares) .< 1e-8
    return ifelse.(short, zero(eltype(x)), vectors) ./ sqrt.(ifelse.(short, one(eltype(x)), squares))
end

function cosine(reference, prediction)
    cosines = sum(directions(prediction) .* directions(reference); dims = 1)
    return sum(max.(1 .- cosines, 0)) / rows(prediction)
end

function info_nce(reference, prediction; temperature = 0.07, symmetric = false)
    logits = directions(reference)' * directions(prediction) ./ eltype(prediction)(temperature)
    own = [CartesianIndex(i, i) for i in axes(logits, 1)]
    value = -sum(logsoftmax(logits; dims = 1)[own]) / rows(prediction)
    return symmetric ? (value - sum(logsoftmax(logits; dims = 2)[own]) / rows(prediction)) / 2 : value
end

softened(x, temperature) = eltype(x) <: Integer ? x : x ./ eltype(x)(temperature)

logs(x, other) = eltype(x) <: Integer ? log.(one_hot(x, size(other, 1))) : logsoftmax(x; dims = 1)

logs_of_bits(logits) = cat(logsigmoid.(.-logits), logsigmoid.(logits); dims = ndims(logits) + 1)

function expected(logs, above, below)
    probabilities = exp.(logs)
    certain = probabilities .> 0
    return probabilities .* ifelse.(certain, above, zero(eltype(above))) .-
           probabilities .* ifelse.(certain, below, zero(eltype(below)))
end

function over_positions(values, mean)
    return mean ? sum(values) / length(values) : sum(values) / rows(values)
end

function cross_entropy(reference, prediction; temperature = 1, label_smoothing = 0, class_weight = nothing, mean = false)
    scores = logsoftmax(softened(prediction, temperature); dims = 1)
    chosen = one_hot(reference, size(prediction, 1)) .> 0
    sharp = -sum(ifelse.(chosen, scores, zero(eltype(scores))); dims = 1)
    even = -sum(scores; dims = 1) ./ size(scores, 1)
    values = label_smoothing == 0 ? sharp : sharp .+ eltype(scores)(label_smoothing) .* (even .- sharp)
    if class_weight !== nothing
        weights = eltype(scores).(collect(class_weight))[reshape(reference, 1, size(reference)...) .+ 1]
        values = ifelse.(weights .> 0, weights .* values, zero(eltype(scores)))
    end
    return over_positions(values, mean)
end

token_cross_entropy(reference, prediction; options...) = cross_entropy(reference, prediction; options...)

function kl(reference, prediction; temperature = 1, mean = false)
    r = logs(softened(reference, temperature), prediction)
    p = logs(softened(prediction, temperature), reference)
    return over_positions(sum(expected(r, r, p); dims = 1), mean)
end

token_kl(reference, prediction; options...) = kl(reference, prediction; options...)

function reverse_kl(reference, prediction; temperature = 1)
    return kl(prediction, reference; temperature = temperature)
end

function jensen_shannon(reference, prediction)
    r, p = logs(reference, prediction), logs(prediction, reference)
    middle = log.((exp.(r) .+ exp.(p)) ./ 2)
    return (sum(expected(r, r, middle)) + sum(expected(p, p, middle))) / 2 / rows(prediction)
end

function total_variation(reference, prediction)
    r, p = logs(reference, prediction), logs(prediction, reference)
    return sum(abs, exp.(r) .- exp.(p)) / 2 / rows(prediction)
end

function hellinger(reference, prediction)
    r, p = logs(reference, prediction), logs(prediction, reference)
    return sum(abs2, exp.(r ./ 2) .- exp.(p ./ 2)) / 2 / rows(prediction)
end

function chi_squared(reference, prediction)
    r, p = logs(reference, prediction), logs(prediction, reference)
    return sum(abs2, exp.(r .- p ./ 2) .- exp.(p ./ 2)) / rows(prediction)
end

function binary_cross_entropy(reference, prediction; temperature = 1)
    logits = softened(prediction, temperature)
    return sum((1 .- reference) .* logits .- logsigmoid.(logits)) / rows(prediction)
end

function binary_kl(reference, prediction; temperature = 1)
    r, p = logs_of_bits(softened(reference, temperature)), logs_of_bits(softened(prediction, temperature))
    return sum(expected(r, r, p)) / rows(prediction)
end
