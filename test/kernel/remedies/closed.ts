import { expect } from '@jest/globals'
import type { Machine } from '../../lab/machine.ts'
import type { Probe } from '../../lab/probe.ts'

// No other probe of a test file has these: see machine.ts.
let nextSourcePort = 61_000

/**
 * Expects that nothing of a probe comes to a machine. Silence alone would not tell a packet that is dropped from an
 * answer that is late: what counts is what came in at the target.
 */
export const expectClosed = async (from: Machine, target: Machine, probe: Probe): Promise<void> => {
  const sourcePort = probe.sourcePort ?? nextSourcePort++
  const outcome = await from.probe({ ...probe, sourcePort, timeoutMs: 400 })
  const came = (await target.arrivals()).filter((one) => one.sourcePort === sourcePort)
  expect({ delivered: outcome.delivered, came }).toEqual({ delivered: false, came: [] })
}
