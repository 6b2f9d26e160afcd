import type { Runner } from '@portolan/core'
import { runsHere } from '@portolan/host'
import { MissingToolError } from '@portolan/netfilter'
import { busPath } from './bus/bus-connection.ts'
import type { Block } from './configuration.ts'
import { readByBus } from './read-by-bus.ts'
import { readByCommand } from './read-by-command.ts'
import { findUnsaved } from './unsaved.ts'

/** The facts about firewalld that are needed before it is asked for something. */
export interface Firewalld {
  /** The policies of the permanent configuration that Portolan did not make. */
  readonly foreignPolicies: readonly string[]
  /** The priority of each policy of the permanent configuration, by name. */
  readonly priorities: ReadonlyMap<string, number>
  /**
   * A setting that exists at run time and not permanently, or the other way round; null: the two configurations are
   * equal.
   */
  readonly unsaved: string | null
}

/**
 * Reads what a reload of firewalld would change besides what is asked for. A reload starts again from the permanent
 * configuration, so what was set at run time only is lost (firewall-cmd(1), `--reload`).
 *
 * @param bus - the socket of the bus on which firewalld is; null: firewall-cmd alone asks it
 * @returns null where firewalld does not run
 */
export const readFirewalld = async (
  runner: Runner,
  bus: string | null = busOf(runner),
): Promise<Firewalld | null> => {
  try {
    const found = (bus === null ? null : await readByBus(bus)) ?? (await readByCommand(runner))
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

/** The bus of this host. A caller's Runner may be on another host than this process, and then there is none. */
const busOf = (runner: Runner): string | null =>
  runsHere(runner) ? busPath(process.env.DBUS_SYSTEM_BUS_ADDRESS) : null

/** The priority of a policy, -1 where none is given (firewalld.policies(5), `priority`). */
const priorityOf = ({ lines }: Block): number =>
  Number(lines.map((line) => /^priority (-?\d+)$/.exec(line)?.[1]).find((one) => one !== undefined) ?? -1)
