import { setTimeout as delay } from 'node:timers/promises'
import { type Etcd3, GRPCDeadlineExceededError, isRecoverableError } from 'etcd3'
import { checkEndpoints } from './check-endpoints.ts'
import { openClient } from './etcd-client.ts'
import type { EtcdStoreOptions } from './etcd-store-options.ts'
import { firstOf, type Outcome, outcomeOf } from './first-outcome.ts'
import { leaderlessTime } from './leaderless-time.ts'
import { pendingSockets } from './pending-sockets.ts'
import {
  type Asked,
  hasNoRoom,
  isAboutCertificate,
  isVoteError,
  noteServer,
  refusalOf,
  wordsOf,
} from './refusal.ts'
import { UnresolvedError, unresolvedNames } from './unresolved-names.ts'

/**
 * What to do with a request that no server refused and no server answered in time. `once`: it is not repeated, because
 * it may take effect twice. `again`: it is sent to the next server. `beside`: it is sent to the next server before its
 * time is over.
 */
type Sending = 'once' | 'again' | 'beside'

/**
 * The servers of etcd. A request goes to one of them, and to the next one where that server cannot answer. The server
 * that answered is asked first from then on. So a server that is off delays one request only.
 */
export interface EtcdServers {
  /**
   * Sends a request to the servers until one answers.
   * @param request - the request, for any server; one that a server did not accept is sent to the next server
   * @param sending - `again` by default
   */
  ask<Result>(request: (client: Etcd3) => Promise<Result>, sending?: Sending): Promise<Result>
  close(): void
}

/**
 * The time for which a server is asked alone. A server that is stopped, or whose packets are lost, does not answer at
 * all.
 */
export const BESIDE_MS = 300

/** The fewest attempts, even with one server: after a broken connection a new one may succeed at once. */
const LEAST_ATTEMPTS = 4

/** The pause before servers without a leader are asked again. */
const PAUSE_MS = 200

/** The default time to wait for a leader. A vote takes a second or two, unless most servers are off. */
const VOTE_MS = 5_000

/**
 * Opens the clients of all servers.
 * @param besideMs - the time for which a server is asked alone
 * @throws InvalidRequestError for texts that are not endpoints
 */
export const openServers = (
  options: Omit<EtcdStoreOptions, 'cluster'>,
  besideMs: number = BESIDE_MS,
): EtcdServers => {
  checkEndpoints(options)
  const clients = options.endpoints.map((endpoint) => openClient(options, endpoint))
  const leaderless = leaderlessTime(options.voteMs ?? VOTE_MS)
  const sockets = pendingSockets()
  // A random start: hosts that name the servers in the same order do not all ask the same server.
  let first = Math.floor(Math.random() * clients.length)
  // Replaced clients are closed at the end, because a watch may still use one.
  const retired: Etcd3[] = []
  const renew = (at: number, client: Etcd3): void => {
    const endpoint = options.endpoints[at]
    if (clients[at] !== client || endpoint === undefined) return
    retired.push(client)
    clients[at] = openClient(options, endpoint)
  }
  return {
    async ask<Result>(request: (client: Etcd3) => Promise<Result>, sending: Sending = 'again') {
      const start = first
      const begun = performance.now()
      const pending = new Map<number, Promise<Outcome<Result>>>()
      let turns = 0
      let sent = 0
      let clearest: unknown = null
      let isVoted = false
      let isOneSilent = false
      let isRenewed = false
      const send = (at: number): void => {
        const client = clients[at]
        if (client === undefined) throw new TypeError('no server of etcd is named')
        pending.set(
          at,
          outcomeOf(at, client, () => sockets.during(() => request(client))),
        )
      }
      const sendToNext = (): void => {
        const from = turns
        while (pending.has((start + turns) % clients.length) && turns - from < clients.length) turns += 1
        const at = (start + turns) % clients.length
        if (pending.has(at)) return
        send(at)
        turns += 1
        sent += 1
      }
      sendToNext()
      for (;;) {
        const hasOthers = sending === 'beside' && turns < clients.length
        const outcome = await firstOf([...pending.values()], hasOthers ? besideMs : null)
        if (outcome === null) {
          sendToNext()
          continue
        }
        const { at, client } = outcome
        pending.delete(at)
        if (outcome.kind === 'answered') {
          first = at
          leaderless.answered()
          return outcome.answer
        }
        const { error } = outcome
        if (hasOldToken(error) && !isRenewed) {
          isRenewed = true
          renew(at, client)
          send(at)
          continue
        }
        if (first === at) first = (at + 1) % clients.length
        if (clearest === null || rankOf(error, options) >= rankOf(clearest, options)) {
          clearest = error
          noteServer(error, options.endpoints[at])
        }
        if (isVoteError(error)) {
          isVoted = true
          leaderless.found()
        }
        // A vote does not tell whether a change was made. So a change without an answer in time is not repeated.
        if (isFinal(error, sending !== 'once'))
          throw await withUnresolvedNames(rankOf(clearest, options) > 1 ? clearest : error, options)
        isOneSilent ||= isOutOfTime(error)
        // A server whose leader went off holds a request until it has another leader, without an error. Its own time
        // limit is longer than ours (5 s and two of its votes, `ReqTimeout` of etcd). So a silent server is counted as
        // a vote, except where there is only one server, which has no votes.
        if (!isVoted && isOneSilent && clients.length > 1) {
          isVoted = true
          leaderless.found(begun)
        }
        if (sent >= attemptsFor(error, options)) {
          if (isVoted && leaderless.isShort()) await delay(PAUSE_MS)
          else if (pending.size === 0) throw await withUnresolvedNames(clearest, options)
          // A server that is still silent may answer.
          else continue
        }
        sendToNext()
      }
    },
    close: () => {
      sockets.close()
      for (const client of [...clients, ...retired]) client.close()
    },
  }
}

/** Where no server has answered, a name that cannot be resolved is reported as the reason. */
const withUnresolvedNames = async (error: unknown, asked: Asked): Promise<unknown> => {
  const isSilent = error instanceof Error && isRecoverableError(error)
  if (!isSilent || rankOf(error, asked) > 0) return error
  const names = await unresolvedNames(asked.endpoints)
  if (names.length === 0) return error
  const unresolved = names.map(({ name, why }) => `the name ${name} cannot be resolved (DNS: ${why})`)
  const others = names.length < asked.endpoints.length ? [`no other server answers (${wordsOf(error)})`] : []
  return new UnresolvedError([...unresolved, ...others].join(', and '), { cause: error })
}

/**
 * Ranks an error by how much it explains: a refused certificate more than a vote, and a vote more than a server that is
 * off.
 */
const rankOf = (error: unknown, asked: Asked): number => {
  // This error ends the request.
  if (!(error instanceof Error && isRecoverableError(error))) return 3
  if (refusalOf(error, asked) !== null || hasNoRoom(error)) return 2
  return isVoteError(error) ? 1 : 0
}

/**
 * Does the server ask for a new login? Tokens of JWT hold the revision of users and roles, so each change of those
 * makes a token invalid.
 */
const hasOldToken = (error: unknown): boolean =>
  /etcdserver: (revision of auth store is old|invalid auth token)/.test(String(error))

const isOutOfTime = (error: unknown): boolean => error instanceof GRPCDeadlineExceededError

/** Must the same request not be sent again? */
const isFinal = (error: unknown, isRepeatable: boolean): boolean =>
  !(error instanceof Error && isRecoverableError(error)) || (isOutOfTime(error) && !isRepeatable)

/** The number of attempts after this error, where no vote is waited for. */
const attemptsFor = (error: unknown, asked: Asked): number => {
  const servers = asked.endpoints.length
  return isAboutCertificate(error, asked) || isOutOfTime(error) ? servers : Math.max(LEAST_ATTEMPTS, servers)
}
