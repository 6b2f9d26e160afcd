import type { Runner } from '@portolan/core'
import { MissingToolError } from '@portolan/netfilter'
import type { Block } from './configuration.ts'
import { readByBus } from './read-by-bus.ts'
import { readByCommand } from './read-by-command.ts'
import { findUnsaved } from './unsaved.ts'

/** What has to be known of firewalld before it is asked for something. */
export interface Firewalld {
  /** The policies of the permanent configuration that are not of Portolan. */
  readonly foreignPolicies: readonly string[]
  /** The priority of each policy of the permanent configuration, by name. */
  readonly priorities: ReadonlyMap<string, number>
  /** What is set at run time and not permanently, or the other way round; null: the two are one. */
  readonly unsaved: string | null
}

/**
 * Reads what a reload of firewalld would change beside what is asked for: it starts again from the permanent
 * configuration, so what was set at run time only is lost (firewall-cmd(1), `--reload`).
 *
 * @returns null where firewalld does not run
 */
export const readFirewalld = async (runner: Runner): Promise<Firewalld | null> => {
  try {
    const found = (await readByBus(runner)) ?? (await readByCommand(runner))
    if (found === null) return null
    const { policies } = found.permanent
    return {
      foreignPolicies: policies.map(({ name }) => name).filter((name) => !found.ours.includes(name)),
      priorities: new Map(policies.map((policy) => [policy.name, priorityOf(policy)])),
      unsaved: findUnsaved(found),
    }
  } catch (error) {
    if (error instanceof MissingToolError) return null
    throw error
  }
}

/** firewalld.policies(5), `priority`: -1 where none is given. */
const priorityOf = ({ lines }: Block): number =>
  Number(lines.map((line) => /^priority (-?\d+)$/.exec(line)?.[1]).find((one) => one !== undefined) ?? -1)
