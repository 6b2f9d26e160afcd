import { blockRouteProtocol, type DesiredRoute, type DesiredState } from '@portolan/core'
import { quoted } from '@portolan/core/planning'

const { number } = blockRouteProtocol

const familyOf = ({ destination }: DesiredRoute): '-4' | '-6' => (destination.includes(':') ? '-6' : '-4')

/**
 * Ends a script if another program has a route to one of the blocks. That route is not ours to replace, and `ip` would
 * fail only after the rules were changed.
 * @internal
 */
export const routeGuardLines = ({ routes = [] }: DesiredState): readonly string[] =>
  routes.length === 0
    ? []
    : [
        '# A route of another program to the block of another host is not replaced: then nothing is changed.',
        'refuse_taken() {',
        '  found="$(ip -o "$1" route show table main exact "$2" 2>/dev/null || true)"',
        `  own="$(ip -o "$1" route show table main exact "$2" proto ${number} 2>/dev/null || true)"`,
        '  # What the kernel takes for the same route, or the network of an interface. One of another metric is no matter.',
        '  case "$1" in',
        "    -4) same='/ tos /d;/ scope link/!{/ metric /d;}' ;;",
        "    *) same='/ proto kernel /!{/ metric 1024 /!d;}' ;;",
        '  esac',
        // A listing of one protocol leaves the protocol out, so only the numbers of lines are compared. A route of ours
        // with a second hop counts as another program's too.
        '  others="$(printf \'%s\\n\' "$found" | sed "$same" | grep -c . || true)"',
        '  [ "$others" = "$(printf \'%s\\n\' "$own" | sed "$same" | grep -v nexthop | grep -c .)" ] && return',
        '  echo "portolan: $2 is the block of another host, and another program has a route there:" >&2',
        '  printf \'%s\\n\' "$found" >&2',
        '  echo "Nothing was changed. Remove that route if no program needs it, and run this again." >&2',
        '  exit 1',
        '}',
        ...routes.map((route) => `refuse_taken ${familyOf(route)} ${quoted(route.destination)}`),
        '',
      ]

/**
 * The lines that set the routes to blocks of other hosts, and delete managed routes to any other block. An existing
 * route is replaced in one step, so that no packet finds none.
 * @internal
 */
export const routeLines = ({ routes }: DesiredState): readonly string[] => {
  if (routes === undefined) return []
  return [
    '# Routes to blocks of other hosts',
    ...routes.map((route) => {
      const { destination, via, interface: name } = route
      return `ip ${familyOf(route)} route replace ${quoted(destination)} via ${quoted(via)} dev ${quoted(name)} proto ${number}`
    }),
    'for family in -4 -6; do',
    `  ip -o "$family" route show table main proto ${number} 2>/dev/null | while read -r block rest; do`,
    '    case "$block" in',
    ...(routes.length === 0 ? [] : [`      ${routes.flatMap(namesOf).map(quoted).join(' | ')}) ;;`]),
    '      *)',
    // A hop that another program appended stays, because the first hop is that of Portolan.
    '        case "$family$rest" in',
    String.raw`          -6*nexthop*) set -- via "$(printf '%s\n' "$rest" | sed 's/nexthop via \([^ ]*\).*/\1/;s/.* //')" ;;`,
    '          *) set -- ;;',
    '        esac',
    `        ip "$family" route del "$block" "$@" table main proto ${number} ;;`,
    '    esac',
    '  done',
    'done',
    '',
  ]
}

/** The destination as written, and as `ip` prints it: a single address has no prefix length there. */
const namesOf = ({ destination }: DesiredRoute): readonly string[] => {
  const alone = destination.replace(destination.includes(':') ? /\/128$/ : /\/32$/, '')
  return alone === destination ? [destination] : [destination, alone]
}
