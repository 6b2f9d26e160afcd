import { protocolName } from '../search/finding.ts'
import type { Passage } from './passage.ts'
import { shellWord } from './shell-word.ts'

/** Where a rule goes: in front of the rule at a place of a chain, or at its end (for a policy). */
export interface IptablesPlace {
  readonly variant: 'iptables-nft' | 'iptables-legacy'
  readonly table: string
  readonly chain: string
  /** Null: at the end. */
  readonly before: number | null
}

/** A command that lets packets pass a chain of iptables (iptables(8), iptables-extensions(8)). */
export const iptablesCommand = (place: IptablesPlace, passage: Passage): string => {
  const { variant, table, chain, before } = place
  const program = passage.family === 'ip' ? variant : variant.replace('iptables', 'ip6tables')
  return [
    program,
    ...['-t', shellWord(table)],
    ...(before === null ? ['-A', shellWord(chain)] : ['-I', shellWord(chain), String(before)]),
    ...matches(passage, table),
    '-j',
    'ACCEPT',
  ].join(' ')
}

const matches = (passage: Passage, table: string): readonly string[] => {
  const { in: from, out, protocol, source, destination, sourcePort, destinationPort, answers } = passage
  return [
    ...(from === null ? [] : ['-i', shellWord(from)]),
    ...(out === null ? [] : ['-o', shellWord(out)]),
    ...(source === null ? [] : ['-s', shellWord(source)]),
    ...(destination === null || destination === 'local' ? [] : ['-d', shellWord(destination)]),
    ...(protocol === null ? [] : ['-p', protocolName(protocol)]),
    ...(sourcePort === null ? [] : ['--sport', String(sourcePort)]),
    ...(destinationPort === null ? [] : ['--dport', String(destinationPort)]),
    ...(destination === 'local' ? ['-m', 'addrtype', '--dst-type', 'LOCAL'] : []),
    // The raw table comes before connection tracking: nothing has a state there.
    ...(answers && table !== 'raw' ? ['-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED'] : []),
  ]
}
