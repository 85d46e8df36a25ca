# SPDX-License-Identifier: GPL-2.0
#
# awk -v driver=stock|patched -f judge.awk expected.tsv seen.tsv
#
# A line for each cell: path, shape, expected outcome, outcome, linearized, and
# what is wrong, or -. The columns are described in 'cells' and 'matrix.c'.

BEGIN { FS = OFS = "\t" }

function wrong(text) {
	why = why (why == "" ? "" : "; ") text
}

function outcome(taken, error, received, corrupt, end, frames) {
	if (!end)
		return "stuck"
	if (!taken)
		return "refused"
	if (corrupt)
		return "corrupt"
	if (received == frames)
		return "delivered"
	return received ? received " of " frames : "lost"
}

# What a shape's name says of its skb.
function check_label(name, value) {
	if (match(key, name "=-?[0-9]+") &&
	    substr(key, RSTART + length(name) + 1,
		   RLENGTH - length(name) - 1) != value)
		wrong(name " " value)
}

# A term is len:head:frags:summed:network:transport:cloned:users:gso*count.
function check_shape(term, n,	f) {
	split(term, f, /[:*]/)
	# Beside a transfer there are neighbour discovery and multicast reports.
	if (frags[key] == "+" && f[1] <= 200)
		return 0
	if (len[key] != "-" && f[1] != len[key])
		wrong("len " f[1] " at the driver, not " len[key])
	if (heads[key] != "-" && index("/" heads[key] "/", "/" f[2] "/") == 0)
		wrong("head " f[2] " at the driver, not " heads[key])
	if (frags[key] == "+" ? !f[3] : frags[key] != "-" && f[3] != frags[key])
		wrong(f[3] " fragments, not " frags[key])
	if (partial[key] != "-" && (f[4] == 3) != partial[key])
		wrong("ip_summed " f[4])
	check_label("network", f[5])
	check_label("transport", f[6])
	if (key ~ /skb=shared/ && f[8] < 2)
		wrong("not shared")
	if (f[7])
		clones += f[10]
	return f[10]
}

# The other owner of a clone may be done before the driver gets it.
function check_shapes(seen,	terms, n, i, total) {
	clones = 0
	n = seen == "-" ? 0 : split(seen, terms, ",")
	for (i = 1; i <= n; i++)
		total += check_shape(terms[i])
	if (cloned[key] != "-" && total && (clones > 0) != cloned[key])
		wrong(clones " clones")
	if (frags[key] == "+" && total ||
	    heads[key] == "-" || total + 0 == frames[key])
		return
	wrong(total + 0 " frames at the driver, not " frames[key])
}

NR == FNR {
	key = $1 OFS $2
	order[++cells] = key
	want[key] = driver == "stock" ? $3 : $5
	want_linearized[key] = driver == "stock" ? $4 : $6
	frames[key] = $7
	len[key] = $8
	heads[key] = $9
	frags[key] = $10
	cloned[key] = $11
	partial[key] = $12
	next
}

{
	key = $1 OFS $2
	why = ""
	got = outcome($3, $4, $6, $7, $8, frames[key])
	if (got == "lost" && want[key] == "runt")
		got = "runt"
	if (got != want[key])
		wrong(got ($4 == "-" ? "" : " (" $4 ")") \
			($12 == "-" ? "" : ", " $12))
	if ($9 != want_linearized[key])
		wrong("linearized " $9 ", not " want_linearized[key])
	if ($10 || $11)
		wrong("linearize_failed " $10 ", dma_mapping_err " $11)
	check_shapes($5)
	result[key] = got OFS $9 OFS (why == "" ? "-" : why)
}

END {
	for (i = 1; i <= cells; i++) {
		key = order[i]
		if (!(key in result))
			result[key] = "none" OFS 0 OFS "the cell did not run"
		print key, want[key], result[key]
	}
}
