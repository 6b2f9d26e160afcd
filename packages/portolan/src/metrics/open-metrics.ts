import type { Pool } from '@portolan/core'
import { openFlowMeter } from '@portolan/host'
import type { HeldProject } from '../watch/held-project.ts'
import type { HostEvent } from '../watch/host-event.ts'
import type { MetricsAddress } from './metrics-address.ts'
import { printMetrics } from './print-metrics.ts'
import { readProjectMetrics } from './project-metrics.ts'
import { type MetricsServer, type Served, serveMetrics } from './serve-metrics.ts'
import { sharedReading } from './shared-reading.ts'
import { openWatchRecord } from './watch-record.ts'

/** The metrics of a watch, served until they are closed. */
export interface WatchMetrics {
  /** Wraps a project. The wrapper is watched in its place, and records what is done with it. */
  observe(held: HeldProject): HeldProject
  take(event: HostEvent): void
  /** May be called again. */
  close(): Promise<void>
}

/**
 * Serves the metrics of a watch on an address. Before a project is watched, the answer is that there are none yet.
 *
 * @param pools - gives the pools from which subnets are picked at that time
 * @throws InvalidRequestError, PermissionError as `serveMetrics` does
 */
export const openMetrics = async (
  address: MetricsAddress,
  pools: () => Promise<readonly Pool[]>,
): Promise<WatchMetrics> => {
  const recorder = openWatchRecord()
  const meter = openFlowMeter()
  let closed = false
  const scrape = async (): Promise<Served> =>
    printMetrics(await readProjectMetrics(recorder.record, meter, await pools()))
  let under: Promise<unknown> = Promise.resolve()
  const read = sharedReading(() => {
    const reading = scrape()
    under = reading.catch(() => undefined)
    return reading
  })
  let server: MetricsServer
  try {
    server = await serveMetrics(address, read)
  } catch (error) {
    meter.close()
    throw error
  }
  return {
    observe: recorder.observe,
    take: recorder.take,
    close: async () => {
      if (closed) return
      closed = true
      await server.close()
      await under
      meter.close()
    },
  }
}
