import type { PublishedPort } from '@portolan/core'
import type { UnpublishRequest } from './live-host.ts'
import type { LiveRules } from './live-rules.ts'
import { requestedSockets } from './publish-request.ts'

/**
 * Takes a port back.
 *
 * @returns what was taken back
 */
export const unpublishPort = async (
  rules: LiveRules,
  request: UnpublishRequest,
): Promise<readonly PublishedPort[]> => {
  const sockets = requestedSockets(request)
  const taken: PublishedPort[] = []
  const { book } = rules
  const known = book.at(sockets)
  let done = !rules.isDamaged() && (known.length === sockets.length || (await rules.isUnchanged()))
  for (const port of known) {
    done = done && (await rules.quickly('remove', book.asMapping(port), () => book.at([port]).length > 0))
    if (!done) break
    book.forget(port)
    taken.push(port)
  }
  if (!done)
    await rules.slowly(() => {
      const found = book.at(sockets)
      taken.push(...found)
      for (const port of found) book.forget(port)
      return found.length === 0 ? null : rules.toKeep()
    })
  for (const socket of sockets) book.forget(socket)
  return taken
}
