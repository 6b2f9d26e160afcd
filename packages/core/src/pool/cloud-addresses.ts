import { parseHostOrPrefix } from '../address/index.ts'
import type { Reservation } from './reservation.ts'

/**
 * Addresses that clouds answer on without any route or resolv.conf saying so on every host.
 * EC2: "Amazon DNS server", "Instance metadata"; EC2-Classic's resolver was 172.16.0.23. Azure: "What is IP
 * address 168.63.129.16". Alibaba Cloud: its default DNS servers in a VPC.
 */
const services: readonly (readonly [service: string, address: string])[] = [
  ["EC2's resolver", '169.254.169.253'],
  ["EC2's resolver", '172.16.0.23'],
  ["EC2's resolver", 'fd00:ec2::253'],
  ["EC2's metadata service", 'fd00:ec2::254'],
  ["the cloud's metadata service", '169.254.169.254'],
  ["Azure's resolver and metadata service", '168.63.129.16'],
  ["Alibaba Cloud's resolver", '100.100.2.136'],
  ["Alibaba Cloud's resolver", '100.100.2.138'],
]

/** Reserved on every host: which cloud it runs in, or will, is not known. */
export const cloudReservations: readonly Reservation[] = services.map(([service, address]) => ({
  kind: 'resolver',
  prefix: parseHostOrPrefix(address),
  service,
}))
