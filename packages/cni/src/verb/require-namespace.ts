import { existsSync } from 'node:fs'
import { CniError, cniCodes } from '../cni-error.ts'
import type { CniRequest } from '../request/cni-request.ts'

/**
 * Checks that the network namespace of the request exists.
 * @throws CniError 4
 */
export const requireNamespace = ({ netns }: CniRequest): void => {
  if (netns === null || existsSync(netns)) return
  throw new CniError(
    cniCodes.invalidEnvironment,
    `CNI_NETNS is ${JSON.stringify(netns)}, and there is no such file: the container's network namespace is gone, or was not made.`,
  )
}
