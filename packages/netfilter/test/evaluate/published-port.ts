import type { Step } from '../../src/index.ts'
import { dnat, nat, tcpDport } from './model.ts'

export const publish = nat('prerouting', -100, [tcpDport(8080), dnat('172.17.0.2', 80)])

export const notrack: Step = { kind: 'notrack', text: 'notrack' }
