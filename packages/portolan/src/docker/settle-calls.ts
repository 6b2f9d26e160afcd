import { messageFor } from '@portolan/netfilter'
import type { Calls } from './calls.ts'
import { type DockerParts, nameOf } from './docker-parts.ts'
import { isEmptyBody, readRequest } from './protocol/read-request.ts'
import type { JoinRequest } from './protocol/requests.ts'
import { joinPath, verbs } from './protocol/verbs.ts'
import { wording } from './wording.ts'

/** What dockerd calls again after a kill. */
export interface RepeatedCalls {
  /**
   * The body of a call. dockerd sends one that got no answer again, but the body is read by then, and empty (moby,
   * pkg/plugins/client.go `callWithRetry`): it is the one that was written down, where there was only one.
   */
  take(path: string, body: string): string
  /** The endpoints that Join is called for again. */
  readonly joining: ReadonlySet<string>
}

/** Takes back, or carries out once more, what a process before this one was killed in. */
export const settleCalls = async (parts: DockerParts, calls: Calls): Promise<RepeatedCalls> => {
  const bodies = new Map<string, string[]>()
  const joining = new Set<string>()
  for (const call of calls.left) {
    const verb = Object.hasOwn(verbs, call.path) ? verbs[call.path] : undefined
    try {
      if (verb?.afterKill) {
        const request = readRequest(call, verb)
        // The schema has checked it.
        if (verb === verbs[joinPath]) joining.add(nameOf((request as JoinRequest).EndpointID))
        await verb.afterKill(parts, request, call.id)
      }
      bodies.set(call.path, [...(bodies.get(call.path) ?? []), call.body])
    } catch (error) {
      // dockerd gives the rest up itself, with the network at the latest.
      parts.report(`${call.path}, which was killed: ${messageFor(error, wording)}`)
    }
    calls.end(call)
  }
  return {
    joining,
    take: (path, body) => {
      const known = bodies.get(path) ?? []
      if (!isEmptyBody(body) || known.length !== 1) return body
      bodies.delete(path)
      return known[0] ?? body
    },
  }
}
