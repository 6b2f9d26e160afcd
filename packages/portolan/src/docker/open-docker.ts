import { defaultStateDirectory, openLeaseStore, openLinks } from '@portolan/host'
import { InvalidRequestError, ParseError, PortolanError, parseJson } from '@portolan/netfilter'
import { findFault } from '@portolan/netfilter/schema'
import type { BackendChoice } from '../backend/backend.ts'
import { inOrder } from '../live/in-order.ts'
import { openHost } from '../live/open-host.ts'
import { type DockerParts, dockerProject } from './docker-parts.ts'
import { type Verb, verbs } from './protocol/verbs.ts'
import { restore } from './restore.ts'

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

/**
 * Opens this host for Docker, and brings back what its networks need.
 * @param report - is told what is to be known and stops nothing
 */
export const openDocker = async (
  { backend, state }: { readonly backend: BackendChoice; readonly state?: string | undefined },
  report: (text: string) => void,
): Promise<Docker> => {
  const stateDirectory = state ?? defaultStateDirectory()
  const leases = openLeaseStore(stateDirectory)
  const host = await openHost({ project: dockerProject, backend, state: stateDirectory, leases })
  const parts: DockerParts = { host, leases, links: openLinks() }
  await restore(parts, report)
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
        const request = readRequest(path, body, verb)
        return { status: 200, body: await inTurn(verb.turn(request), () => verb.serve(parts, request)) }
      } catch (error) {
        report(`${path}: ${error instanceof Error ? error.message : String(error)}`)
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
      ? `portolan: ${error.message}`
      : `portolan: internal error: ${error instanceof Error ? error.message : String(error)}. Please report it.`
  return { status, body: { Err: words, Error: words } }
}

const readRequest = (path: string, body: string, { schema }: Verb): unknown => {
  // Go sends null where it has nothing to say, and an empty body for a call without a request.
  const isEmpty = body.trim() === '' || body.trim() === 'null'
  if (isEmpty && schema === verbs['/Plugin.Activate']?.schema) return {}
  if (isEmpty)
    throw new InvalidRequestError(
      `${path} came without a request. dockerd sends it so when it calls again because this program ended during the call: what it was about to do was not done. Do it once more.`,
    )
  const value = parsed(path, body)
  const fault = findFault(schema, value)
  if (fault === null) return value
  throw new InvalidRequestError(
    `${fault.path === '' ? 'the request' : fault.path} of ${path}: ${fault.message}.`,
  )
}

const parsed = (path: string, body: string): unknown => {
  try {
    return parseJson(body, path, (found) => `expected a JSON object: ${found}`)
  } catch (error) {
    if (error instanceof ParseError) throw new InvalidRequestError(`${error.message}.`, { cause: error })
    throw error
  }
}
