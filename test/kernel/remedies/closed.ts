import { expect } from '@jest/globals'
import type { Machine } from '../../lab/machine.ts'
import type { Probe } from '../../lab/probe.ts'

// Source ports above those that machine.ts gives to other probes.
const sourcePorts = { first: 61_000, last: 65_000 }
let lastSourcePort = sourcePorts.first
const freshSourcePort = (): number => {
  lastSourcePort = lastSourcePort === sourcePorts.last ? sourcePorts.first : lastSourcePort + 1
  return lastSourcePort
}

// Milliseconds. A packet that passes arrives within a few, but its answer may be late on a busy machine.
const timeoutMs = 400

/** Expects that no packet of a probe reaches a machine. A missing answer alone would not show that: it may be late. */
export const expectClosed = async (from: Machine, target: Machine, probe: Probe): Promise<void> => {
  const { sourcePort = freshSourcePort() } = probe
  const { delivered } = await from.probe({ ...probe, sourcePort, timeoutMs })
  const came = (await target.arrivals()).filter((one) => one.sourcePort === sourcePort)
  expect({ ...probe, delivered, came }).toEqual({ ...probe, delivered: false, came: [] })
}

/**
 * Expects that no datagram to the host reaches the host's service. The host's arrivals would also list packets that it
 * drops later.
 */
export const expectUnheard = async (
  from: Machine,
  host: Machine,
  destination: string,
  port: number,
): Promise<void> => {
  const sourcePort = freshSourcePort()
  const { delivered } = await from.probe({ protocol: 'udp', destination, port, sourcePort, timeoutMs })
  const heard = (await host.heard()).filter((one) => one.sourcePort === sourcePort)
  expect({ destination, delivered, heard }).toEqual({ destination, delivered: false, heard: [] })
}
