# SPDX-License-Identifier: GPL-2.0
#
# The source of a Debian package as upstream released it. Sourced by bash.

# apt_source PACKAGE DIR: its upstream tarball in DIR. The machine's own lists of
# sources stay as they are.
apt_source()
{
	local package=$1 dir=$2 apt file
	local -a options

	mkdir -p "$dir"
	ls "$dir/$package"_*.orig.tar.* >/dev/null 2>&1 && return
	apt=$(mktemp -d)
	mkdir -p "$apt/parts" "$apt/lists/partial" "$apt/cache/archives/partial"
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -f "$file" ] || sed -n 's/^deb /deb-src /p' "$file"
	done >"$apt/sources.list"
	for file in /etc/apt/sources.list.d/*.sources; do
		[ ! -f "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" \
			>"$apt/parts/${file##*/}"
	done
	options=(-qq -o "Dir::Etc::sourcelist=$apt/sources.list"
		-o "Dir::Etc::sourceparts=$apt/parts" -o "Dir::State::lists=$apt/lists"
		-o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root)
	# One that has no sources shall not keep us from the others.
	apt-get "${options[@]}" update >/dev/null 2>&1
	(cd "$dir" && apt-get "${options[@]}" source --download-only "$package" >/dev/null 2>&1)
	rm -rf "$apt"
	ls "$dir/$package"_*.orig.tar.* >/dev/null 2>&1
}
