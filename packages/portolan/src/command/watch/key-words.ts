import { defaultStateDirectory, readAppliedTextOf } from '@portolan/host'
import { commandWordingAs, PortolanError, type Wording } from '@portolan/netfilter'
import type { PlanOptions } from '../../plan/plan-options.ts'
import { withJoinedCluster } from '../cluster/with-joined-cluster.ts'
import type { Options } from '../options/option-table.ts'
import { type PrintedOptions, withOwnOptions } from '../options/with-own-options.ts'

/**
 * The words in which messages about a project of a key name what the user may change. The watch of such a project
 * applies it.
 */
const keyWording = (written: (command: string) => string): Wording => ({
  ...commandWordingAs(written),
  apply: null,
  restore: `let "${written('portolan apply')}" run, or start it again`,
  goOn: null,
})

/** Stands for the key where the kept text does not tell which key it came from. */
const anyKey = 'etcd:///KEY'

/**
 * The options with which commands about a project of a key can be run. They name the project, whose text is kept on
 * this host, and the key, whose watch applies the project.
 */
export const keyOptions = async (options: Options, project: string): Promise<PrintedOptions> => ({
  ...(await withJoinedCluster(options)),
  project,
  intent: options.intent ?? (await keptUrl(options, project)) ?? anyKey,
})

/** Says in a clause how a project is applied again: by its watch where a key has its text, else by `portolan apply`. */
export const appliedAgain = async (options: Options, project: string): Promise<string> => {
  if ((await keptUrl(options, project)) === undefined)
    return `the project is applied again (\`${withOwnOptions(options)('portolan apply')}\`)`
  const watch = withOwnOptions(await keyOptions(options, project))('portolan apply')
  return `its text is applied again: by its watch when that is started anew or gets SIGHUP (\`${watch}\`)`
}

/** The words that plans and searches print for a project of a key. */
export const keyWords = async (
  options: Options,
  project: string,
): Promise<Required<Pick<PlanOptions, 'ownCommand' | 'wording'>>> => {
  const ownCommand = withOwnOptions(await keyOptions(options, project))
  return { ownCommand, wording: keyWording(ownCommand) }
}

const keptUrl = async ({ state }: Options, project: string): Promise<string | undefined> => {
  try {
    return (await readAppliedTextOf(state ?? defaultStateDirectory(), project))?.url
  } catch (error) {
    if (error instanceof PortolanError) return undefined
    throw error
  }
}
