# shellcheck shell=bash
# What an installation has come to; sourced, never run.

show_result() { # show_result RELEASE: what runs, the address, who leads and which records are right
  local shared='' agents='' name workload get logs
  get=(kubectl get "--namespace=$NAMESPACE" "--selector=app.kubernetes.io/instance=$1")
  logs="kubectl --namespace=$NAMESPACE logs --selector=app.kubernetes.io/instance=$1 --prefix"
  "${get[@]}" daemonsets,deployments,services >&2
  for name in $("${get[@]}" configmaps --output=name); do
    case $name in *-wan-ip) shared=$name ;; *-agents) agents=$name ;; esac
  done
  workload=$("${get[@]}" daemonsets,deployments --output=jsonpath='{.items[0].kind}/{.items[0].metadata.name}')
  say ""
  if [[ $(field_of "$agents" '') == *independent* ]]; then
    say "Records:   each node keeps its own; $logs"
  else
    show_shared
  fi
  say "Dashboard: kubectl --namespace=$NAMESPACE port-forward $workload 51339 and http://127.0.0.1:51339/"
}

show_shared() {
  local address leader records why
  address=$(field_of "$shared" .current_ip) leader=$(field_of "$shared" .leader)
  say "Address:   ${address:-not known yet} $(field_of "$shared" .current_ipv6)"
  say "Leader:    ${leader:-nobody yet}"
  if [[ -z $address ]]; then
    say "Look at:   $logs"
    return
  fi
  records=$(confirmed_records)
  if [[ $records ]]; then
    say "Records:   $records"
    return
  fi
  say "Records:   none is confirmed yet; kubectl --namespace=$NAMESPACE describe $shared says why"
  why=$(kubectl get events --namespace="$NAMESPACE" --sort-by=.lastTimestamp --output=jsonpath='{.items[-1:].message}' \
    --field-selector="type=Warning,involvedObject.kind=ConfigMap,involvedObject.name=${shared#*/}" 2>/dev/null) || why=''
  [[ -z $why ]] || say "           $why"
}

confirmed_records() { # from the first address to the first record it takes some seconds
  local published _
  for _ in 1 2 3 4 5; do
    published=$(field_of "$shared" .published)
    [[ $published != *:* ]] || break
    sleep 1
  done
  printf '%s' "$published" | sed -e 's/","/, /g' -e 's/":"/ is /g' -e 's/[{}"]//g'
}

field_of() { # field_of CONFIGMAP FIELD: nothing where there is no such ConfigMap
  [[ -z $1 ]] || kubectl get "$1" --namespace="$NAMESPACE" --output="jsonpath={.data$2}"
}
