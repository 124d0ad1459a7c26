# shellcheck shell=bash
# What is deployed, so that no option has to be given twice; sourced by deploy.sh, never run. The DaemonSet bears the
# options in an annotation, of its own and not of its pods, which would be replaced for it. The record is in esddns.yaml.

readonly DEPLOYED_WITH=esddns/deployed-with OWN_IMAGE=ghcr.io/esddns/esddns

recall() { # what is deployed joins what is given: $WORK/deployed.yaml, IMAGE, COMPONENTS, ANNOTATIONS, ZONE, WHOLE and WAS
  local found image='' name='' with=''
  : >"$WORK/deployed.yaml"
  found=$(read_deployed 2>"$WORK/problem") || {
    ((DRY_RUN)) || fail "$EXIT_REFUSED" "Cannot read what is deployed: $(tail -n 1 "$WORK/problem")"
    found='' # there may be no cluster
  }
  { IFS= read -r image; IFS= read -r name; IFS= read -r -d '' with; } <<<"$found" || true
  recall_image "$image" "$with"
  recall_lists "$with"
  [[ -z $image || $with == *[a-z]* ]] || refuse_forgotten_service
  [[ -z $name ]] || kubectl get configmap "$name" --namespace="$NAMESPACE" --ignore-not-found \
    --output=jsonpath='{.data.esddns\.yaml}' >"$WORK/deployed.yaml"
}

read_deployed() { # image, name of the configuration, and the options: nothing when nothing is deployed
  local pod=.spec.template.spec
  kubectl get daemonset esddns-operator --namespace="$NAMESPACE" --ignore-not-found --request-timeout=15s \
    --output="jsonpath={$pod.containers[?(@.name=='esddns')].image}{'\n'}{$pod.volumes[?(@.name=='config')].configMap.name}{'\n'}{.metadata.annotations.$DEPLOYED_WITH}"
}

recall_image() { # recall_image DEPLOYED OPTIONS: an image of yours stays, and the project's own is that of this clone
  if [[ $IMAGE == default ]]; then
    IMAGE=''
  elif [[ -z $IMAGE && $1 ]] && [[ $1 != "$OWN_IMAGE"[:@]* || $2 == *--image\ * ]]; then
    IMAGE=$1
    say "The image stays $IMAGE; --image default takes that of this clone."
  fi
}

recall_lists() { # recall_lists OPTIONS: those given come after those deployed
  local line given=(${COMPONENTS[@]+"${COMPONENTS[@]}"}) annotations=(${ANNOTATIONS[@]+"${ANNOTATIONS[@]}"})
  COMPONENTS=() ANNOTATIONS=() WAS=() WHOLE='' ZONE='' GIVEN=" ${given[*]-} "
  while IFS= read -r line; do
    case $line in
      "--config "*) WHOLE=${line#* } ;;
      "--domain "*) ZONE=${line#* } ;;
      "--component "*) choose_component "${line#* }" ;;
      "--service-annotation "*) choose_annotation "${line#* }" ;;
    esac
  done <<<"$1"
  WAS=(${COMPONENTS[@]+"${COMPONENTS[@]}"})
  for line in ${given[@]+"${given[@]}"}; do choose_component "$line"; done
  for line in ${annotations[@]+"${annotations[@]}"}; do choose_annotation "$line"; done
}

choose_component() { # choose_component NAME: beside the others, or in the place of one that does the same in another way
  local name all=(${COMPONENTS[@]+"${COMPONENTS[@]}"})
  COMPONENTS=()
  [[ $1 != none ]] || return 0
  for name in ${all[@]+"${all[@]}"}; do
    [[ $(what_it_does "$name") == "$(what_it_does "$1")" ]] || COMPONENTS+=("$name")
  done
  COMPONENTS+=("$1")
}

what_it_does() { # what_it_does COMPONENT
  case $1 in
    dashboard | load-balancer | metallb | node-port) printf 'show' ;;
    monitoring | service-monitor) printf 'monitor' ;;
    *) printf '%s' "$1" ;;
  esac
}

choose_annotation() { # choose_annotation KEY=VALUE: beside the others, or in the place of the one with this key
  local one all=(${ANNOTATIONS[@]+"${ANNOTATIONS[@]}"})
  ANNOTATIONS=()
  [[ $1 != none ]] || return 0
  for one in ${all[@]+"${all[@]}"}; do
    [[ ${one%%=*} == "${1%%=*}" ]] || ANNOTATIONS+=("$one")
  done
  ANNOTATIONS+=("$1")
}

refuse_forgotten_service() { # it came by an older deploy.sh or by kubectl, and would become another one
  local type
  if is_shown || [[ $GIVEN == *" none "* ]]; then return 0; fi
  type=$(kubectl get service esddns --namespace="$NAMESPACE" --ignore-not-found --output=jsonpath='{.spec.type}')
  [[ $type != LoadBalancer && $type != NodePort ]] ||
    fail "$EXIT_SETTINGS" "Service esddns is a $type, and nothing says which component made it" \
      "Name it this once, with its annotations: --component load-balancer, metallb or node-port" \
      "or hide the dashboard from outside: --component none"
}

deployed_with() { # prints what is to be remembered, one option a line
  local one
  printf '%s\n' "$ENVIRONMENT" ${WHOLE:+"--config $WHOLE"} ${ZONE:+"--domain $ZONE"} ${IMAGE:+"--image $IMAGE"}
  for one in ${COMPONENTS[@]+"${COMPONENTS[@]}"}; do printf '%s\n' "--component $one"; done
  for one in ${ANNOTATIONS[@]+"${ANNOTATIONS[@]}"}; do printf '%s\n' "--service-annotation $one"; done
}

forget_components() { # apply deletes nothing: what a component brought that is chosen no more
  local object name all=(${COMPONENTS[@]+"${COMPONENTS[@]}"})
  [[ "${WAS[*]-}" != "${all[*]-}" ]] || return 0
  COMPONENTS=()
  for name in ${WAS[@]+"${WAS[@]}"}; do
    [[ ! -f $HERE/components/$name/kustomization.yaml ]] || COMPONENTS+=("$name")
  done
  render >"$WORK/was.yaml"
  COMPONENTS=(${all[@]+"${all[@]}"})
  for object in $(comm -23 <(objects_in "$WORK/was.yaml") <(objects_in "$WORK/manifests.yaml")); do
    kubectl delete "$object" --namespace="$NAMESPACE" --ignore-not-found >&2 || warn "$object stays"
  done
}

objects_in() { # objects_in MANIFESTS: as KIND/NAME
  awk '/^[a-z]/ { top = $1 } top == "kind:" { kind = $2 } top == "metadata:" && /^  name: / { print kind "/" $2 }' "$1" | sort
}
