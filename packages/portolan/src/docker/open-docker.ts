import { randomBytes } from 'node:crypto'
import { emptyConfig } from '@portolan/core'
import { defaultStateDirectory, openLeaseStore, openLinks } from '@portolan/host'
import { InvalidRequestError, messageFor, PortolanError } from '@portolan/netfilter'
import type { BackendChoice } from '../backend/backend.ts'
import { readConfig } from '../config/read-config.ts'
import { inOrder } from '../live/in-order.ts'
import { openHost } from '../live/open-host.ts'
import { type Call, openCalls } from './calls.ts'
import { type DockerParts, dockerProject } from './docker-parts.ts'
import { readRequest } from './protocol/read-request.ts'
import { verbs } from './protocol/verbs.ts'
import { restore } from './restore.ts'
import { settleCalls } from './settle-calls.ts'
import { wording } from './wording.ts'

/** The drivers, as they answer dockerd. */
export interface Docker extends AsyncDisposable {
  /**
   * Answers one call. Nothing is thrown: an error is the answer.
   * @param path - `/NetworkDriver.Join`
   * @param body - JSON
   */
  answer(path: string, body: string): Promise<Answer>
  [Symbol.asyncDispose](): Promise<void>
}

export interface Answer {
  readonly status: number
  readonly body: object
}

export interface DockerOptions {
  readonly backend: BackendChoice
  readonly state?: string | undefined
  /** Start containers in spite of conflicts, which are told. */
  readonly force: boolean
}

/**
 * Opens this host for Docker, and brings back what its networks need.
 * @param report - is told what is to be known and stops nothing
 */
export const openDocker = async (
  { backend, state, force }: DockerOptions,
  report: (text: string) => void,
): Promise<Docker> => {
  const stateDirectory = state ?? defaultStateDirectory()
  const leases = openLeaseStore(stateDirectory)
  // Ranges that are reserved later stop no network that is there from being brought back.
  const { allowed, cluster = null } = readConfig()
  const config = { ...emptyConfig, allowed, cluster }
  const host = await openHost({
    ...{ project: dockerProject, backend, state: stateDirectory, leases },
    ...{ config, wording },
  })
  const parts: DockerParts = {
    host,
    leases,
    stateDirectory,
    links: openLinks(),
    report,
    force,
    unused: new Set(),
  }
  const calls = openCalls(stateDirectory)
  const repeated = await settleCalls(parts, calls)
  await restore(parts)
  const turns = new Map<string, ReturnType<typeof inOrder>>()
  const inTurn = <Result>(turn: string | null, work: () => Promise<Result>): Promise<Result> => {
    if (turn === null) return work()
    const queue = turns.get(turn) ?? inOrder()
    turns.set(turn, queue)
    return queue(work)
  }
  return {
    answer: async (path, body) => {
      const verb = Object.hasOwn(verbs, path) ? verbs[path] : undefined
      if (verb === undefined)
        return refusal(
          404,
          new InvalidRequestError(`there is no call ${JSON.stringify(path)} in this driver.`),
        )
      const call: Call = { id: randomBytes(8).toString('hex'), path, body: repeated.take(path, body) }
      try {
        const request = readRequest(call, verb)
        const given = await inTurn(verb.turn(request), async () => {
          if (verb.afterKill === null) return verb.serve(parts, request, call.id)
          calls.begin(call)
          try {
            return await verb.serve(parts, request, call.id)
          } finally {
            calls.end(call)
          }
        })
        return { status: 200, body: given }
      } catch (error) {
        report(`${path}: ${messageFor(error, wording)}`)
        return refusal(200, error)
      }
    },
    [Symbol.asyncDispose]: async () => {
      await host.close()
      parts.links.close()
      await leases.close()
    },
  }
}

/**
 * dockerd prints what a network driver says under `Err` (moby, libnetwork/drivers/remote/api/api.go), and an IPAM driver
 * under `Error` (libnetwork/ipams/remote/api/api.go).
 */
export const refusal = (status: number, error: unknown): Answer => {
  const words =
    error instanceof PortolanError
      ? `portolan: ${messageFor(error, wording)}`
      : `portolan: internal error: ${error instanceof Error ? error.message : String(error)}. Please report it.`
  return { status, body: { Err: words, Error: words } }
}
