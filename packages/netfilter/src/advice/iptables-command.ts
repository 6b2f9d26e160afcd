import { protocolName } from '../model/index.ts'
import { byteLength } from '../text/byte-length.ts'
import type { Passage } from './passage.ts'
import { shellCommand } from './shell-word.ts'

/** The place of a rule in a chain: in front of another rule, or at the end (for a policy). Or the rule's deletion. */
export interface IptablesPlace {
  readonly variant: 'iptables-nft' | 'iptables-legacy'
  readonly table: string
  readonly chain: string
  /**
   * The position of the rule to insert in front of. `delete`: deletes the rule. Null: adds it at the end of the chain.
   */
  readonly before: number | 'delete' | null
}

/**
 * The words of a command that lets packets pass a chain of iptables (iptables(8), iptables-extensions(8)).
 *
 * @returns null where iptables has no way to name the chain or an interface
 */
export const iptablesWords = (place: IptablesPlace, passage: Passage): readonly string[] | null => {
  const { variant, table, chain, before } = place
  const links = [passage.in, passage.out].filter((name) => name !== null)
  if (!isIptablesChain(chain) || !links.every(isIptablesInterface)) return null
  const program = passage.family === 'ip' ? variant : variant.replace('iptables', 'ip6tables')
  return [
    program,
    ...['-t', table],
    ...(before === null
      ? ['-A', chain]
      : before === 'delete'
        ? ['-D', chain]
        : ['-I', chain, String(before)]),
    ...matches(passage, table),
    '-j',
    'ACCEPT',
  ]
}

/** The words of `iptablesWords` as one line of sh; null where a name cannot be written. */
export const iptablesCommand = (place: IptablesPlace, passage: Passage): string | null => {
  const words = iptablesWords(place, passage)
  return words === null ? null : shellCommand(words)
}

/**
 * A command that deletes the rule at a place of a chain.
 *
 * @returns null where iptables has no way to name the chain
 */
export const iptablesDeletion = (
  { program, table, chain }: { readonly program: string; readonly table: string; readonly chain: string },
  position: number,
): string | null =>
  isIptablesChain(chain) ? shellCommand([program, '-t', table, '-D', chain, String(position)]) : null

/**
 * Whether iptables accepts this name of a chain (iptables/xshared.c `assert_valid_chain_name`). A table of iptables-nft
 * may hold chains of other tools, with names that iptables refuses.
 */
const isIptablesChain = (name: string): boolean => /^[^!\s-]\S*$/.test(name) && byteLength(name) < 29

/**
 * Whether iptables can name this interface. A trailing `+` is a wildcard that has no escape (libxtables,
 * `xtables_parse_interface`). A lone `!` negates the match.
 */
const isIptablesInterface = (name: string): boolean => name !== '!' && !name.endsWith('+')

const matches = (passage: Passage, table: string): readonly string[] => {
  const { in: from, out, protocol, source, destination, sourcePort, destinationPort, answers } = passage
  const { translated = false } = passage
  return [
    ...(from === null ? [] : ['-i', from]),
    ...(out === null ? [] : ['-o', out]),
    ...(source === null ? [] : ['-s', source]),
    ...(destination === null || destination === 'local' ? [] : ['-d', destination]),
    ...(protocol === null ? [] : ['-p', protocolName(protocol)]),
    ...(sourcePort === null ? [] : ['--sport', String(sourcePort)]),
    ...(destinationPort === null ? [] : ['--dport', String(destinationPort)]),
    ...(destination === 'local' ? ['-m', 'addrtype', '--dst-type', 'LOCAL'] : []),
    // The raw table comes before connection tracking: packets have no state there.
    ...(answers && table !== 'raw' ? ['-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED'] : []),
    ...(translated && table !== 'raw' ? ['-m', 'conntrack', '--ctstate', 'DNAT'] : []),
  ]
}
