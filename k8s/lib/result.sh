# shellcheck shell=bash
# What an installation has come to; sourced, never run.

show_result() { # show_result RELEASE: what runs, the address and who leads
  local shared='' name workload address leader
  local get=(kubectl get "--namespace=$NAMESPACE" "--selector=app.kubernetes.io/instance=$1")
  "${get[@]}" daemonsets,deployments,services >&2
  for name in $("${get[@]}" configmaps --output=name); do [[ $name != *-wan-ip ]] || shared=$name; done
  workload=$("${get[@]}" daemonsets,deployments --output=jsonpath='{.items[0].kind}/{.items[0].metadata.name}')
  address=$(shared_field current_ip) leader=$(shared_field leader)
  say ""
  say "Address:   ${address:-not known yet} $(shared_field current_ipv6)"
  say "Leader:    ${leader:-nobody yet}"
  [[ $address ]] || say "Look at:   kubectl --namespace=$NAMESPACE logs $workload"
  say "Dashboard: kubectl --namespace=$NAMESPACE port-forward $workload 51339 and http://127.0.0.1:51339/"
}

shared_field() { # of the address that all share; $shared is its ConfigMap
  [[ -z $shared ]] || kubectl get "$shared" --namespace="$NAMESPACE" --output="jsonpath={.data.$1}"
}
