import type { Conflict, LiveHost } from 'portolan'
import { CniError, cniCodes } from '../cni-error.ts'
import type { NetworkConfig } from '../config/network-config.ts'
import { defaultProject } from './open-project.ts'

/**
 * A port that is promised has to work. What stands in its way, or in the network's, fails ADD; other containers'
 * conflicts are theirs.
 * @throws CniError 101 with the words of the conflicts and what to do about each
 */
export const refuseConflicts = async (
  host: LiveHost,
  { name, conflicts: policy = 'error', project }: NetworkConfig,
  endpoint: string,
  warn: (text: string) => void,
): Promise<void> => {
  const { conflicts } = await host.status()
  const blocking = (conflicts ?? []).filter(
    (conflict) =>
      conflict.severity === 'error' &&
      conflict.project === (project ?? defaultProject) &&
      isOf(conflict, name, endpoint),
  )
  if (blocking.length === 0) return
  const words = blocking.map(wordsOf)
  if (policy === 'warn') {
    for (const { message, remedy } of words) warn(`${message} ${remedy}`)
    return
  }
  throw new CniError(cniCodes.conflict, words.map(({ message }) => message).join(' '), {
    details: `${words.map(({ remedy }) => remedy).join(' ')} With "conflicts": "warn" in the network configuration it goes on all the same.`,
  })
}

/** A conflict of the whole host is every container's. */
const isOf = (conflict: Conflict, network: string, endpoint: string): boolean =>
  conflict.mapping === null
    ? conflict.network === null || conflict.network === network
    : conflict.published.targets.some((one) => one.service === endpoint && one.network === network)

const wordsOf = ({ message, remedy }: Conflict): { readonly message: string; readonly remedy: string } => ({
  message,
  remedy: [remedy.text, ...remedy.commands].join('\n'),
})
