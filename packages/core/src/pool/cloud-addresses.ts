import { parseHostOrPrefix } from '@portolan/netfilter'
import type { Reservation } from './reservation.ts'

/**
 * Addresses at which clouds answer. Not every host has a route or a resolv.conf that mentions them.
 *
 * EC2: "Amazon DNS server" (EC2-Classic's resolver was 172.16.0.23), "Instance metadata", "Amazon Time Sync
 * Service", ECS's "Task metadata endpoint", EKS's "Pod Identity". Azure: "What is IP address 168.63.129.16".
 * Google: "Metadata server", which resolves names too. Oracle: "Getting instance metadata". Alibaba Cloud: "ECS
 * instance metadata" and the default DNS servers of a VPC.
 */
const services: readonly (readonly [service: string, ...addresses: string[]])[] = [
  ["EC2's resolver", '169.254.169.253', '172.16.0.23', 'fd00:ec2::253'],
  ["EC2's metadata service", 'fd00:ec2::254'],
  ["EC2's time service", '169.254.169.123', 'fd00:ec2::123'],
  ["ECS's task metadata service", '169.254.170.2'],
  ["EKS's pod identity service", '169.254.170.23', 'fd00:ec2::23'],
  ["the cloud's metadata service", '169.254.169.254'],
  ["Google Cloud's resolver and metadata service", 'fd20:ce::254'],
  ["Oracle Cloud's metadata service", 'fd00:c1::a9fe:a9fe'],
  ["Azure's resolver and metadata service", '168.63.129.16'],
  ["Alibaba Cloud's resolver", '100.100.2.136', '100.100.2.138'],
  ["Alibaba Cloud's metadata service", '100.100.100.200'],
]

/** Reserved on every host, because Portolan does not know the cloud that a host is in, or will be in. */
export const cloudReservations: readonly Reservation[] = services.flatMap(([service, ...addresses]) =>
  addresses.map((address) => ({ kind: 'resolver', prefix: parseHostOrPrefix(address), service }) as const),
)
