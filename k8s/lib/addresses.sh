# shellcheck shell=bash
# Ranges of addresses as MetalLB takes them; sourced, never run. An address is compared as its bytes in hexadecimal,
# 8 digits for IPv4 and 32 for IPv6.

hex_of() { # hex_of ADDRESS: prints it; not well when it is no address
  if [[ $1 == *:* ]]; then hex_of_ipv6 "$1"; else hex_of_ipv4 "$1"; fi
}

hex_of_ipv4() {
  local byte='(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])'
  [[ $1 =~ ^$byte\.$byte\.$byte\.$byte$ ]] || return 1
  printf '%02x%02x%02x%02x' "${BASH_REMATCH[@]:1:4}"
}

hex_of_ipv6() { # RFC 4291 section 2.2, without the form that ends in an IPv4 address
  local head=$1 tail='' group hex='' fill
  [[ $1 =~ ^[0-9A-Fa-f:]+$ && $1 != *:::* && $1 != *::*::* ]] || return 1
  if [[ $1 == *::* ]]; then head=${1%%::*} tail=${1##*::}; fi
  [[ $head != :* && $head != *: && $tail != :* && $tail != *: ]] || return 1
  for group in ${head//:/ }; do hex+=$(hex_group "$group") || return 1; done
  fill=${#hex}
  for group in ${tail//:/ }; do hex+=$(hex_group "$group") || return 1; done
  if [[ $1 == *::* ]]; then
    ((${#hex} < 32)) || return 1
    hex=${hex:0:fill}$(printf "%0$((32 - ${#hex}))d" 0)${hex:fill}
  fi
  ((${#hex} == 32)) && printf '%s' "$hex"
}

hex_group() { ((${#1} <= 4)) && printf '%04x' "0x$1"; }

bounds_of() { # bounds_of RANGE: prints FIRST LAST in hexadecimal; not well, with the reason, when it is no range
  local first last
  case $1 in
    */*) bounds_of_block "${1%%/*}" "${1#*/}" ;;
    *-*)
      first=$(hex_of "${1%%-*}") || { printf '"%s" is no address' "${1%%-*}"; return 1; }
      last=$(hex_of "${1#*-}") || { printf '"%s" is no address' "${1#*-}"; return 1; }
      ((${#first} == ${#last})) || { printf 'one end is IPv4 and the other IPv6'; return 1; }
      [[ ! $first > $last ]] || { printf 'it ends before it begins'; return 1; }
      printf '%s %s' "$first" "$last"
      ;;
    *) printf 'it is neither FIRST-LAST nor a block such as 192.168.1.96/28'; return 1 ;;
  esac
}

bounds_of_block() { # bounds_of_block ADDRESS LENGTH
  local first last='' bits low i
  first=$(hex_of "$1") || { printf '"%s" is no address' "$1"; return 1; }
  if [[ ! $2 =~ ^(0|[1-9][0-9]{0,2})$ ]] || (($2 > ${#first} * 4)); then printf '"/%s" is no length' "$2"; return 1; fi
  for ((i = 0; i < ${#first}; i++)); do
    bits=$(($2 - i * 4)) # how many of this digit's bits belong to the prefix
    ((bits = bits < 0 ? 0 : bits > 4 ? 4 : bits, low = (1 << (4 - bits)) - 1))
    ((!(0x${first:i:1} & low))) || { printf 'it has bits behind the length; MetalLB would take the whole block around it'; return 1; }
    last+=$(printf '%x' $((0x${first:i:1} | low)))
  done
  printf '%s %s' "$first" "$last"
}

is_unicast() { # is_unicast HEX: an address that a Service can have
  case $1 in
    ????????) [[ $1 > 00ffffff && $1 < e0000000 && $1 != 7f* ]] ;;
    *) [[ $1 != ff* && $1 != fe[89ab]* && $1 != 0000000000000000000000000000000[01] ]] ;;
  esac
}

first_address() { # first_address RANGE: as it is written there
  local range=${1%%/*}
  printf '%s' "${range%%-*}"
}
