import { messageFor } from '@portolan/netfilter'
import type { Calls } from './calls.ts'
import { type DockerParts, nameOf } from './docker-parts.ts'
import { isEmptyBody, readRequest } from './protocol/read-request.ts'
import type { EndpointRequest } from './protocol/requests.ts'
import { joinPath, verbs } from './protocol/verbs.ts'
import { wording } from './wording.ts'

/** The bodies of killed calls, for the calls that dockerd repeats. */
export interface RepeatedCalls {
  /**
   * Returns the body of a call. dockerd repeats a call without an answer, but it has read the body by then and sends an
   * empty one (moby, pkg/plugins/client.go `callWithRetry`). The recorded body is used when exactly one call of that
   * path was recorded.
   */
  take(path: string, body: string): string
  /** The endpoints for which dockerd repeats the call of Join. */
  readonly joining: ReadonlySet<string>
}

/** Takes back or finishes the calls in which an earlier process was killed. */
export const settleCalls = async (parts: DockerParts, calls: Calls): Promise<RepeatedCalls> => {
  const bodies = new Map<string, string[]>()
  const joining = new Set<string>()
  for (const call of calls.left) {
    const verb = Object.hasOwn(verbs, call.path) ? verbs[call.path] : undefined
    try {
      if (verb?.afterKill) {
        const request = readRequest(call, verb)
        // The schema has checked the request, so the cast is safe.
        if (verb === verbs[joinPath]) joining.add(nameOf((request as EndpointRequest).EndpointID))
        await verb.afterKill(parts, request, call.id)
      }
      bodies.set(call.path, [...(bodies.get(call.path) ?? []), call.body])
    } catch (error) {
      // dockerd releases the rest itself, at the latest with the network.
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
