import { describeContract } from './contract/describe-contract.ts'

describeContract('iptables-legacy')
