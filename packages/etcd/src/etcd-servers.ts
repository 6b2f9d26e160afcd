import { setTimeout as delay } from 'node:timers/promises'
import { type Etcd3, GRPCDeadlineExceededError, isRecoverableError } from 'etcd3'
import { checkEndpoints } from './check-endpoints.ts'
import { openClient } from './etcd-client.ts'
import type { EtcdStoreOptions } from './etcd-store-options.ts'
import { firstOf, type Outcome, outcomeOf } from './first-outcome.ts'
import { leaderlessTime } from './leaderless-time.ts'
import { pendingSockets } from './pending-sockets.ts'
import { type Asked, isAboutCertificate, isOfVote, noteServer, refusalOf, wordsOf } from './refusal.ts'
import { UnresolvedError, unresolvedNames } from './unresolved-names.ts'

/**
 * What may be done with a request that no server has refused, and that no answer came to in time: nothing, as it may do
 * something twice; to send it again, to the next server; or to send it to the next server before its time is over.
 */
type Sending = 'once' | 'again' | 'beside'

/**
 * The servers of etcd. One of them is asked, and the next one where that cannot answer; the one that answered is asked
 * first from then on, so that a server which is off costs one request its time and no other.
 */
export interface EtcdServers {
  /**
   * @param request - to be sent to any server; one that a server refused to take is sent again, to the next one
   * @param sending - `again` unless told
   */
  ask<Result>(request: (client: Etcd3) => Promise<Result>, sending?: Sending): Promise<Result>
  close(): void
}

/** How long a server is asked alone: one that is stopped, or whose packets are lost, says nothing at all. */
const BESIDE_MS = 300

/** A connection that breaks may be made again at once, to a server that is alone too. */
const LEAST_ATTEMPTS = 4

/** How long servers without a leader are left alone. */
const PAUSE_MS = 200

/** How long they are waited for unless told: they vote, which takes a second or two unless most of them are off. */
const VOTE_MS = 5_000

/**
 * @param besideMs - how long a server is asked alone
 * @throws InvalidRequestError for endpoints that are none
 */
export const openServers = (
  options: Omit<EtcdStoreOptions, 'cluster'>,
  besideMs: number = BESIDE_MS,
): EtcdServers => {
  checkEndpoints(options)
  const clients = options.endpoints.map((endpoint) => openClient(options, endpoint))
  const leaderless = leaderlessTime(options.voteMs ?? VOTE_MS)
  const sockets = pendingSockets()
  // Hosts that name the servers in one order do not all ask the same one.
  let first = Math.floor(Math.random() * clients.length)
  // A watch may be open on it.
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
      let told: unknown = null
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
        if (told === null || worth(error, options) >= worth(told, options)) {
          told = error
          noteServer(error, options.endpoints[at])
        }
        if (isOfVote(error)) {
          isVoted = true
          leaderless.found()
        }
        // Of a change that may have been made a vote says nothing.
        if (isFinal(error, sending !== 'once'))
          throw await named(worth(told, options) > 1 ? told : error, options)
        isOneSilent ||= isOutOfTime(error)
        // A server whose leader went off holds a request that came until it has another one, and says nothing of it: its
        // own time for that is longer than ours (5 s and two of its votes, `ReqTimeout` of etcd). One server has no votes.
        if (!isVoted && isOneSilent && clients.length > 1) {
          isVoted = true
          leaderless.found(begun)
        }
        if (sent >= attemptsFor(error, options)) {
          if (isVoted && leaderless.isShort()) await delay(PAUSE_MS)
          else if (pending.size === 0) throw await named(told, options)
          // One that is silent may answer yet.
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

/** Where no server has said anything, a name that cannot be resolved is the reason. */
const named = async (error: unknown, asked: Asked): Promise<unknown> => {
  const isSilent = error instanceof Error && isRecoverableError(error)
  if (!isSilent || worth(error, asked) > 0) return error
  const names = await unresolvedNames(asked.endpoints)
  if (names.length === 0) return error
  const told = names.map(({ name, why }) => `the name ${name} cannot be resolved (DNS: ${why})`)
  const others = names.length < asked.endpoints.length ? [`no other server answers (${wordsOf(error)})`] : []
  return new UnresolvedError([...told, ...others].join(', and '), { cause: error })
}

/** A certificate that is refused says more than a vote that is going on, and that more than a server that is off. */
const worth = (error: unknown, asked: Asked): number => {
  // It ends the request.
  if (!(error instanceof Error && isRecoverableError(error))) return 3
  if (refusalOf(error, asked) !== null) return 2
  return isOfVote(error) ? 1 : 0
}

/** Tokens of JWT hold the revision of users and roles: with each change of those a client has to log in again. */
const hasOldToken = (error: unknown): boolean =>
  /etcdserver: (revision of auth store is old|invalid auth token)/.test(String(error))

const isOutOfTime = (error: unknown): boolean => error instanceof GRPCDeadlineExceededError

/** Is the same request not to be sent again? */
const isFinal = (error: unknown, isRepeatable: boolean): boolean =>
  !(error instanceof Error && isRecoverableError(error)) || (isOutOfTime(error) && !isRepeatable)

/** How often a request is sent in all, where this came of it and no vote is waited for. */
const attemptsFor = (error: unknown, asked: Asked): number => {
  const servers = asked.endpoints.length
  return isAboutCertificate(error, asked) || isOutOfTime(error) ? servers : Math.max(LEAST_ATTEMPTS, servers)
}
