import { mkdtempSync } from 'node:fs'
import { apply, type Backend, plan, readCompose } from 'portolan'
import { firstPort } from './mappings.ts'

/**
 * Applies a project with so many ports to the namespace of this process: a bridge, rules and sysctls.
 * @returns the name of the bridge
 */
export const applyPorts = async (ports: number, backend: Backend): Promise<string> => {
  const last = firstPort + ports - 1
  const text = `{name: bench, services: {web: {ports: ["${firstPort}-${last}:80"], networks: {default: {ipv4_address: 172.17.0.10}}}},
    networks: {default: {ipam: {config: [{subnet: 172.17.0.0/16, gateway: 172.17.42.1}]}}}}`
  const options = { stateDirectory: newState() }
  const intent = readCompose(text, { source: 'compose.yaml' })
  const planned = await plan(intent, { ...options, backend })
  await apply(planned, options)
  return planned.desired.networks[0]?.bridge ?? ''
}

/** A state directory of its own: /run is this process's. */
export const newState = (): string => mkdtempSync('/run/portolan-bench-')
