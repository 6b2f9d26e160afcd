import { mkdtempSync } from 'node:fs'
import { apply, type Backend, plan, readCompose } from 'portolan'
import { firstPort } from './mappings.ts'

/** A Compose file with one network, and one service that publishes so many ports. */
export const composeText = (ports: number): string => {
  const published = ports === 0 ? '' : `"${firstPort}-${firstPort + ports - 1}:80"`
  return `{name: bench, services: {web: {ports: [${published}], networks: {default: {ipv4_address: 172.17.0.10}}}},
    networks: {default: {ipam: {config: [{subnet: 172.17.0.0/16, gateway: 172.17.42.1}]}}}}`
}

/**
 * Applies a project with so many ports to this process's network namespace: a bridge, rules and sysctls.
 * @returns the name of the bridge
 */
export const applyPorts = async (
  ports: number,
  backend: Backend,
  stateDirectory: string = newState(),
): Promise<string> => {
  const options = { stateDirectory }
  const intent = readCompose(composeText(ports), { source: 'compose.yaml' })
  const planned = await plan(intent, { ...options, backend })
  await apply(planned, options)
  return planned.desired.networks[0]?.bridge ?? ''
}

/** A new state directory in /run, which only this process sees. */
export const newState = (): string => mkdtempSync('/run/portolan-bench-')
