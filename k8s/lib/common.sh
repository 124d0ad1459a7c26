# shellcheck shell=bash
# What the scripts share; sourced, never run. Bash 3.2 (macOS) is enough.
# Exit codes of all of them: 0 done, 1 refused by the cluster, 2 wrong or missing settings, 3 no tool or no cluster,
# 4 not ready in time.

# shellcheck disable=SC2034 # by those who source it
readonly EXIT_REFUSED=1 EXIT_SETTINGS=2 EXIT_UNREACHABLE=3 EXIT_NOT_READY=4
# shellcheck disable=SC2034
readonly PROVIDER_SECRET=esddns-provider DASHBOARD_SECRET=esddns-dashboard FIELD_MANAGER=esddns-scripts

# Everything for people goes to standard error: standard output is for manifests
say() { printf '%s\n' "$*" >&2; }
warn() { printf 'Warning: %s\n' "$*" >&2; }

# kubectl and Helm end as if they had failed at Ctrl-C, and nobody should read that something is wrong
trap 'say ""; say "Stopped. What was applied before stays; run it again to go on."; exit 130' INT

fail() { # fail STATUS WHAT [HINT...]: what is wrong, what to do next, and the end
  local status=$1 hint
  printf 'Error: %s\n' "$2" >&2
  shift 2
  for hint; do printf '  %s\n' "$hint" >&2; done
  exit "$status"
}

# The comment at the head of a script is its help
usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

value_of() { # value_of OPTION COUNT: refuses an option without its value
  (($2 >= 2)) || fail "$EXIT_SETTINGS" "$1 needs a value" "$0 --help shows how"
}

on_terminal() { [[ -t 0 && -t 2 ]]; }

ask() { # ask QUESTION [DEFAULT]: on a terminal alone; prints the answer
  local answer
  printf '%s%s: ' "$1" "${2:+ [$2]}" >&2
  IFS= read -r answer || exit "$EXIT_SETTINGS"
  printf '%s' "${answer:-${2:-}}"
}

ask_secret() { # ask_secret QUESTION: as ask, without showing it
  local answer
  printf '%s: ' "$1" >&2
  IFS= read -rs answer || exit "$EXIT_SETTINGS"
  printf '\n' >&2
  printf '%s' "$answer"
}

confirm() { # confirm QUESTION: yes without asking when nobody is there to ask
  local answer
  if [[ ${YES:-} == 1 ]] || ! on_terminal; then return 0; fi
  answer=$(ask "$1 (y/n)" n)
  [[ $answer == [Yy] || $answer == [Yy]es ]] || fail "$EXIT_SETTINGS" "Stopped; nothing was changed"
}

need_tool() { # need_tool NAME WHERE-FROM
  command -v "$1" >/dev/null 2>&1 || fail "$EXIT_UNREACHABLE" "$1 is not installed" "Install it: $2"
}

need_kubectl() { need_tool kubectl https://kubernetes.io/docs/tasks/tools/; }

need_cluster() {
  local problem
  problem=$(kubectl version --request-timeout=15s 2>&1 >/dev/null) ||
    fail "$EXIT_UNREACHABLE" "Cannot reach the cluster: ${problem##*$'\n'}" \
      "Look at: kubectl config get-contexts" \
      "and choose one: kubectl config use-context NAME"
}

context() { kubectl config current-context 2>/dev/null || printf 'the default of kubectl'; }

apply() { # apply [OPTION...]: manifests from standard input. Server-side: what the pods wrote stays theirs
  kubectl apply --server-side --force-conflicts --field-manager="$FIELD_MANAGER" "$@" -f -
}

check_namespace() { # it becomes a part of manifests
  [[ $1 =~ ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$ ]] || fail "$EXIT_SETTINGS" "\"$1\" is no name of a namespace"
}

check_host() {
  [[ $1 =~ ^[A-Za-z0-9.:_-]+$ ]] || fail "$EXIT_SETTINGS" "\"$1\" is neither a name nor an address"
}

put_secret() { # put_secret NAMESPACE NAME KEY [TYPE]: its value from standard input, so that no process list shows it
  local value
  value=$(cat)
  [[ $value ]] || return "$EXIT_SETTINGS" # whoever was to say it has failed: what is there stays
  printf %s "$value" | kubectl create secret generic "$2" --namespace="$1" --type="${4:-Opaque}" --from-file="$3=/dev/stdin" \
    --dry-run=client --output=yaml |
    apply --namespace="$1" >&2
}

secret_exists() { kubectl get secret "$2" --namespace="$1" --request-timeout=15s --output=name >/dev/null 2>&1; }

owner_of_secret() { # who makes it, such as "SealedSecret esddns-provider"; nothing when nobody does
  kubectl get secret "$2" --namespace="$1" --ignore-not-found \
    --output=jsonpath='{range .metadata.ownerReferences[*]}{.kind} {.name}{end}'
}

read_secret_file() { # read_secret_file PATH: its first line; - is standard input
  local line
  if [[ $1 == - ]]; then
    IFS= read -r line || [[ -n $line ]] || fail "$EXIT_SETTINGS" "Standard input is empty, expected a secret"
  else
    [[ -r $1 ]] || fail "$EXIT_SETTINGS" "Cannot read \"$1\": there is no such file, or it is not yours to read"
    IFS= read -r line <"$1" || [[ -n $line ]] || fail "$EXIT_SETTINGS" "\"$1\" is empty, expected a secret"
  fi
  printf '%s' "$line"
}
