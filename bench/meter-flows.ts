import { openFlowMeter } from '@portolan/host'
import { firstPort, target } from './mappings.ts'

// Run in its own process, like peer/use-library.ts: counts the flows through one port until it is ended.
const [port = ''] = process.argv.slice(2)
const meter = openFlowMeter()
const socket = {
  family: 'ip',
  protocol: 'tcp',
  hostAddress: null,
  hostPort: firstPort + Number(port),
  targets: [target],
} as const
await meter.read([socket])
process.stdout.write('ready\n')
setInterval(() => void meter.read([socket]), 1000)
