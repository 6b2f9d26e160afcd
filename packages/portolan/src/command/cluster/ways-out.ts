import { namedInFile } from '@portolan/core/planning'
import { appliedProjects } from '@portolan/host'
import { PortolanError, shellLine } from '@portolan/netfilter'
import { liveProjects } from '../../live/wanted/live-projects.ts'
import { withOwnOptions } from '../options/with-own-options.ts'
import { type ClusterCall, directoryOf } from './call.ts'

/** Says how networks get out of a block that is not this host's: sentences with the command for each. */
export type WaysOut = (networks: readonly string[]) => string

/**
 * Finds the ways out of blocks. This reads which projects programs hold, and which projects a watch has from a key. Of
 * all other projects, the Compose file is not remembered.
 *
 * @param blocks - nothing is read where no network is in these blocks
 */
export const waysOut = async (
  { options }: Pick<ClusterCall, 'options'>,
  blocks: readonly { readonly networks: readonly string[] }[],
): Promise<WaysOut> => {
  if (blocks.every(({ networks }) => networks.length === 0)) return () => ''
  const directory = directoryOf({ options })
  return waysOf(
    new Set(liveProjects(directory)),
    new Set(await keyProjects(directory)),
    withOwnOptions(options),
  )
}

/**
 * @param live - projects that programs hold. No file says what is wanted of them, so no command moves them
 * @param ofKeys - projects whose text a watch put into force
 * @param written - adds the options of this command to another one. Without the cluster among them, the network would
 * leave the cluster
 */
export const waysOf =
  (
    live: ReadonlySet<string>,
    ofKeys: ReadonlySet<string>,
    written = (command: string): string => command,
  ): WaysOut =>
  (networks) => {
    const isHeld = (network: string): boolean => live.has(projectOf(network))
    const held = networks.filter(isHeld)
    const moved = networks.filter((network) => !isHeld(network))
    const commands = moved.map((network) => {
      const [project, name] = [projectOf(network), network.slice(projectOf(network).length + 1)]
      return ofKeys.has(project)
        ? `\`${written(shellLine(['portolan', 'move', '-p', project, name]))}\``
        : `\`${written(shellLine(['portolan', 'move', '-f', 'FILE', name]))}\` with the Compose file of project ${project}`
    })
    return [
      ...(moved.length === 0
        ? []
        : [
            `Give ${moved.length === 1 ? 'it' : 'each'} another subnet: ${commands.join(', ')}. ${namedInFile(written('portolan subnet'))}`,
          ]),
      ...(held.length === 0
        ? []
        : [
            `${held.length === 1 ? 'A program holds' : 'Programs hold'} ${held.join(', ')}: end what is there, remove ${held.length === 1 ? 'it' : 'them'}, and make ${held.length === 1 ? 'it' : 'them'} again.`,
          ]),
    ].join(' ')
  }

/**
 * Says the ways out of several blocks, one after the other. One move takes a network out of all of them, so the move is
 * said once.
 */
export const waysOnce = (ways: WaysOut): WaysOut => {
  const named = new Set<string>()
  return (networks) => {
    const first = networks.filter((network) => !named.has(network))
    const again = networks.filter((network) => named.has(network))
    for (const network of first) named.add(network)
    return [
      ...(first.length === 0 ? [] : [ways(first)]),
      ...(again.length === 0 ? [] : [`What moves ${again.join(', ')} is said above, and is done once.`]),
    ].join(' ')
  }
}

const projectOf = (network: string): string => network.slice(0, network.indexOf('/'))

/** None where another user may not read this, or a file is damaged. The code that needs it reports that. */
const keyProjects = async (directory: string): Promise<readonly string[]> => {
  try {
    return await appliedProjects(directory)
  } catch (error) {
    if (error instanceof PortolanError) return []
    throw error
  }
}
