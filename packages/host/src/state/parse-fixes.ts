import { type HookNeed, isHookCommand } from '@portolan/core'
import { shellLine } from '@portolan/netfilter'
import { checkedBy, faultText, matches } from '@portolan/netfilter/schema'
import type { Fix } from './host-state.ts'
import { type FirstForm, firstFormSchema, fixSchema } from './state-schema.ts'

type Words = readonly string[]

/**
 * Reads the requests to other programs. Their commands are run as root, so a command that Portolan does not write is
 * refused.
 *
 * @throws Error that says in one clause what is wrong
 */
export const readFixes = (fixes: readonly unknown[]): readonly Fix[] =>
  fixes.map((one, at) => {
    const fix =
      !matches(fixSchema, one) && matches(firstFormSchema, one)
        ? fromFirstForm(one)
        : checkedBy(fixSchema, one, (fault) => new Error(faultText(fault, `state.fixes[${at}]`)))
    const foreign = [...fix.commands, ...fix.undo].find((words) => !isHookCommand(fix.name, words))
    if (foreign !== undefined)
      throw new Error(`"fixes" holds a command that Portolan does not write: ${shellLine(foreign)}`)
    return fix
  })

/** Converts a fix of the first versions. It is kept as long as the project has a network on a bridge its words name. */
const fromFirstForm = ({ project, words, undo }: FirstForm): Fix => ({
  project,
  name: hookOf(words[0] ?? ''),
  beneficiaries: [`project ${project}`],
  needs: linksIn(words).map(
    (bridge): HookNeed => ({ of: 'network', bridge, address: null, protocol: null, port: null }),
  ),
  commands: [words],
  undo,
})

const hookOf = (program: string): string =>
  program === 'ufw' ? 'ufw' : program === 'firewall-cmd' ? 'firewalld' : 'DOCKER-USER'

/**
 * The links that a command names: `-i LINK` and `-o LINK` of iptables, `on LINK` of ufw, `--add-interface=LINK` of
 * firewalld.
 */
const linksIn = (words: Words): readonly string[] =>
  words.flatMap((word, at) => {
    const named = ['-i', '-o', 'on'].includes(words[at - 1] ?? '')
    const zoned = /^--add-interface=(.+)$/.exec(word)?.[1]
    return named ? [word] : zoned === undefined ? [] : [zoned]
  })
