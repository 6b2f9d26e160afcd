import { visibleLine } from '@portolan/netfilter'
import { backends } from '../../backend/backend.ts'
import { dialects } from '../../backend/dialects.ts'
import { type Look, plainLook } from '../../text/look.ts'
import { wrapLine } from '../../text/wrap-line.ts'
import type { PlanChange } from '../plan.ts'
import { colourOf, type DiffLine, diffLines } from './diff-lines.ts'

/**
 * A thousand mappings should not hide the bridges and sysctls that come after them. Commands are all shown: they are
 * run as root, and some of them come from the state file.
 */
const mostLines = { rules: 300, other: 50, fixes: Number.POSITIVE_INFINITY } as const

/**
 * The line that stands for an empty list of changes.
 * @internal
 */
export const noChanges = '  nothing to do: the host has all of this already'

/**
 * Changes as a diff for people, under the part of the host they are for: `-` is removed, `+` is added. A long list is
 * cut, unless the look shows every rule.
 * @internal
 */
export const printChanges = (
  changes: readonly PlanChange[],
  { style, columns, rules }: Look = plainLook,
): readonly string[] => {
  if (changes.length === 0) return [noChanges]
  return runsOf(changes).flatMap(({ part, lines }) => {
    const most = mostLines[part === 'fix' ? 'fixes' : rulesParts.includes(part) ? 'rules' : 'other']
    const shown = rules ? lines : lines.slice(0, most)
    const hidden = lines.length - shown.length
    return [
      `  ${style.bold(partName[part])}`,
      ...shown.flatMap(({ mark, text }) =>
        wrapLine(`    ${mark} ${visibleLine(text.replaceAll('\t', '  '))}`, columns, 10).map(
          style[colourOf[mark]],
        ),
      ),
      ...(hidden > 0 ? [`    and ${hidden} more (--rules or --json list them all)`] : []),
    ]
  })
}

const rulesParts: readonly PlanChange['part'][] = backends

/** Changes of one part that follow one another. */
interface Run {
  readonly part: PlanChange['part']
  readonly lines: DiffLine[]
}

const runsOf = (changes: readonly PlanChange[]): readonly Run[] => {
  const runs: Run[] = []
  for (const change of changes) {
    const last = runs.at(-1)
    const run = last?.part === change.part ? last : { part: change.part, lines: [] }
    if (run !== last) runs.push(run)
    // Not spread into one call: a table of many mappings has more lines than a call takes arguments.
    for (const line of diffLines(change)) run.lines.push(line)
  }
  return runs
}

const partName: Record<PlanChange['part'], string> = {
  nftables: dialects.nftables.title,
  'iptables-nft': dialects['iptables-nft'].title,
  'iptables-legacy': dialects['iptables-legacy'].title,
  link: 'interfaces',
  sysctl: 'sysctls',
  fix: 'other programs, by the way they document',
  conntrack: 'connections',
  lease: 'leases',
}
