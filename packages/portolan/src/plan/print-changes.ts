import { shellLine, visibleLine } from '@portolan/netfilter'
import { backends } from '../backend/backend.ts'
import { dialects } from '../backend/dialects.ts'
import { fixCommands } from './fix-change.ts'
import type { PlanChange } from './plan.ts'
import type { Style } from './style.ts'

const sign = { add: '+', change: '~', remove: '-' } as const

/**
 * A thousand mappings should not hide the bridges and sysctls that come after them. Commands are all shown: they are
 * run as root, and some of them come from the state file.
 */
const mostLines = { rules: 300, other: 50, fixes: Number.POSITIVE_INFINITY } as const

/**
 * Changes as a diff for people: what goes with `-`, what comes with `+`, under the part of the host it is for. Of
 * very many only the first are shown.
 * @internal
 */
export const printChanges = (changes: readonly PlanChange[], style: Style): readonly string[] => {
  if (changes.length === 0) return ['  nothing to do: the host is as it should be']
  return runsOf(changes).flatMap(({ part, lines }) => {
    const most = mostLines[part === 'fix' ? 'fixes' : rulesParts.includes(part) ? 'rules' : 'other']
    const hidden = lines.length - most
    return [
      `  ${style.bold(partName[part])}`,
      ...lines
        .slice(0, most)
        .map(({ mark, text }) =>
          style[colour[mark]](`    ${mark} ${visibleLine(text.replaceAll('\t', '  '))}`),
        ),
      ...(hidden > 0 ? [`    and ${hidden} more (--json lists them all)`] : []),
    ]
  })
}

const rulesParts: readonly PlanChange['part'][] = backends

interface Line {
  readonly mark: '+' | '-' | '~'
  readonly text: string
}

const colour = { '+': 'green', '-': 'red', '~': 'yellow' } as const

/** Changes of one part that follow one another. */
interface Run {
  readonly part: PlanChange['part']
  readonly lines: Line[]
}

const runsOf = (changes: readonly PlanChange[]): readonly Run[] => {
  const runs: Run[] = []
  for (const change of changes) {
    const last = runs.at(-1)
    const run = last?.part === change.part ? last : { part: change.part, lines: [] }
    if (run !== last) runs.push(run)
    // Not spread into one call: a table of many mappings has more lines than a call takes arguments.
    for (const line of linesOf(change)) run.lines.push(line)
  }
  return runs
}

const linesOf = (planned: PlanChange): readonly Line[] => {
  const { action, before, after, description } = planned
  // What is typed to another program does not say which mapping it is for.
  if (planned.part === 'fix') {
    const { undo, commands } = fixCommands(planned.operation)
    const lines = [...undo, ...commands].map((words) => `  ${shellLine(words)}`)
    return [description, ...lines].map((text) => ({ mark: sign[action], text }))
  }
  if (action === 'change' && before !== null && after !== null)
    return [...written(sign.remove, before), ...written(sign.add, after)]
  if (action === 'remove') return written(sign.remove, shortened(before ?? description).join('\n'))
  return written(sign[action], after ?? before ?? description)
}

const written = (mark: Line['mark'], text: string): readonly Line[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ mark, text: line }))

/** What a whole table held is nothing to read once it goes. */
const shortened = (text: string): readonly string[] => {
  const [first = '', ...more] = text.trim().split('\n')
  return more.length > 0 && first.endsWith('{') ? [`${first} ... }`] : [first, ...more]
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
