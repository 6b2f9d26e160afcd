// Shows what "a published port works" means. `reach` answers for one flow at a time, from the intent alone: the
// container that gets it, and the source address it sees. The rules of every backend are tested against this answer.

import { type FlowSource, reach, resolve } from '@portolan/core'
import { readCompose } from 'portolan'

const intent = readCompose(
  `
name: shop
services:
  web: {networks: [front], ports: ["8080:80"]}
  admin: {networks: [front], ports: [{target: 80, published: 9000, x-portolan: {allow_from: [198.51.100.0/24]}}]}
  database: {networks: [back]}
networks:
  front: {}
  back: {internal: true}
`,
  { source: 'compose.yaml' },
)
const { desired } = resolve(intent, {})
const host = { addresses: ['192.0.2.2'] }
const addressOf = (service: string): string =>
  desired.endpoints.find((endpoint) => endpoint.service === service)?.ip ?? 'none'

const client: FlowSource = { kind: 'machine', address: '203.0.113.9', interface: 'eth0' }
const office: FlowSource = { kind: 'machine', address: '198.51.100.7', interface: 'eth0' }
const itself: FlowSource = { kind: 'host', address: null }
const web: FlowSource = { kind: 'container', network: 'front', address: addressOf('web') }

const ask = (what: string, from: FlowSource, address: string, port: number): void => {
  const answer = reach(desired, { family: 'ip', protocol: 'tcp', from, to: { address, port } }, host)
  const detail = answer.kind === 'delivered' ? `, seen as ${answer.seenAs}` : ''
  console.log(`${what}: ${answer.kind}${detail}`)
}

ask('a client to the published port', client, '192.0.2.2', 8080)
ask('a client to the container', client, addressOf('web'), 80)
ask('a client to the port for the office', client, '192.0.2.2', 9000)
ask('the office to the port for the office', office, '192.0.2.2', 9000)
ask('the host to 127.0.0.1', itself, '127.0.0.1', 8080)
ask('the container to itself, by the host', web, '192.0.2.2', 8080)
ask('the container to another network', web, addressOf('database'), 5432)
ask('the container to the outside', web, '203.0.113.9', 443)
ask('a client to an unpublished port', client, '192.0.2.2', 22)
