import { randomBytes } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { emptyConfig, parseBridgeAlias } from '@portolan/core'
import { defaultStateDirectory, openLeaseStore, openLinks, readHost } from '@portolan/host'
import { InvalidRequestError, messageFor, PortolanError } from '@portolan/netfilter'
import type { BackendChoice } from '../backend/backend.ts'
import { readConfig } from '../config/read-config.ts'
import { inOrder } from '../live/in-order.ts'
import { openHost } from '../live/open-host.ts'
import { wantedStateFile } from '../live/wanted/open-wanted-state.ts'
import { heldNotes } from '../watch/held-notes.ts'
import { type Call, type Calls, openCalls } from './calls.ts'
import { type DockerParts, dockerProject } from './docker-parts.ts'
import { readRequest } from './protocol/read-request.ts'
import { verbs } from './protocol/verbs.ts'
import { restore } from './restore.ts'
import { type RepeatedCalls, settleCalls } from './settle-calls.ts'
import { wording } from './wording.ts'

/** The network driver and the IPAM driver, as dockerd calls them. */
export interface Docker extends AsyncDisposable {
  /**
   * Answers one call. It never throws: an error becomes the answer.
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
  /** Start containers in spite of conflicts, which are reported. */
  readonly force: boolean
}

/** The drivers and their records in one state directory. */
interface OpenedDocker extends AsyncDisposable {
  readonly parts: DockerParts
  readonly calls: Calls
  readonly repeated: RepeatedCalls
}

const openParts = async (
  { backend, state, force }: DockerOptions,
  report: (text: string) => void,
): Promise<OpenedDocker> => {
  const stateDirectory = state ?? defaultStateDirectory()
  const leases = openLeaseStore(stateDirectory)
  // The reserved ranges of the config are left out: a range reserved later must not keep an existing network from being
  // restored.
  const { allowed, cluster = null } = readConfig()
  const config = { ...emptyConfig, allowed, cluster }
  const isLost = !existsSync(wantedStateFile(stateDirectory, dockerProject))
  const cut = isLost ? await networksCut() : new Set()
  const host = await openHost({
    ...{ project: dockerProject, backend, state: stateDirectory, leases },
    ...{ config, wording },
    // Docker's networks are named by 12 hexadecimal digits (`nameOf`). Other names may be from a Compose project named
    // docker.
    takesUp: ({ network }) => /^[\da-f]{12}$/.test(network),
  })
  for (const { name } of isLost ? host.networks() : [])
    report(
      `network ${name} was recorded anew from its bridge, as its records are lost.${cut.has(name) ? ' Its x-portolan.reachable_from was too long to be kept on the bridge, and is lost: the sources in it no longer reach the containers. Remove the network with "docker network rm", and create it again.' : ''}`,
    )
  const parts: DockerParts = {
    host,
    leases,
    stateDirectory,
    links: openLinks(),
    report,
    force,
    unused: new Set(),
    givenUp: new Map(),
  }
  const calls = openCalls(stateDirectory)
  const repeated = await settleCalls(parts, calls)
  await restore(parts, repeated.joining)
  return {
    ...{ parts, calls, repeated },
    [Symbol.asyncDispose]: async () => {
      await host.close()
      parts.links.close()
      await leases.close()
    },
  }
}

/**
 * Opens this host for Docker, and restores what its networks need. When the state directory is removed meanwhile, the
 * drivers open again, and record the existing networks in a new directory.
 *
 * @param report - receives notes that do not stop the work
 */
export const openDocker = async (options: DockerOptions, report: (text: string) => void): Promise<Docker> => {
  const stateDirectory = options.state ?? defaultStateDirectory()
  let opened = await openParts(options, report)
  let place = placeOf(stateDirectory)
  /** The noted values of sysctls and tables before Portolan changed them. No bridge tells these values. */
  let before = heldNotes(stateDirectory)
  const lookForNotes = async (): Promise<void> => {
    // Without a network, these values are put back and there is nothing to hold.
    if (opened.parts.host.networks().length === 0) before = heldNotes(stateDirectory)
    await before.look()
  }
  await lookForNotes()
  const inOpening = inOrder()
  /**
   * The open drivers, opened again when the state directory was removed. Calls take turns here, so only one call opens
   * them again.
   */
  const current = (): Promise<OpenedDocker> =>
    inOpening(async () => {
      if (place !== null && placeOf(stateDirectory) === place) return opened
      if (place !== null)
        report(`the state directory ${stateDirectory} was removed: what is up is recorded there anew.`)
      await opened[Symbol.asyncDispose]()
      opened = await openParts(options, report)
      if (opened.parts.host.networks().length > 0) await before.takeAgain()
      place = placeOf(stateDirectory)
      return opened
    })
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
      try {
        const { parts, calls, repeated } = await current()
        const call: Call = { id: randomBytes(8).toString('hex'), path, body: repeated.take(path, body) }
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
        await inOpening(lookForNotes)
        return { status: 200, body: given }
      } catch (error) {
        report(`${path}: ${messageFor(error, wording)}`)
        return refusal(200, error)
      }
    },
    [Symbol.asyncDispose]: async () => opened[Symbol.asyncDispose](),
  }
}

/** The networks of Docker whose bridge alias had no room for the list of `reachable_from`. */
const networksCut = async (): Promise<ReadonlySet<string>> =>
  new Set(
    ((await readHost()).interfaces ?? []).flatMap(({ alias }) => {
      const mark = parseBridgeAlias(alias)
      return mark?.project === dockerProject && mark.untold === 'sources' ? [mark.network] : []
    }),
  )

/** Identifies a folder, not its name: a new folder of the same name differs. Null: there is no folder. */
const placeOf = (folder: string): string | null => {
  const found = statSync(folder, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? null : `${found.dev} ${found.ino}`
}

/**
 * The answer for an error. dockerd reads the message of a network driver from `Err` (moby,
 * libnetwork/drivers/remote/api/api.go), and that of an IPAM driver from `Error` (libnetwork/ipams/remote/api/api.go).
 */
export const refusal = (status: number, error: unknown): Answer => {
  const words =
    error instanceof PortolanError
      ? `portolan: ${messageFor(error, wording)}`
      : `portolan: internal error: ${error instanceof Error ? error.message : String(error)}. Please report it.`
  return { status, body: { Err: words, Error: words } }
}
