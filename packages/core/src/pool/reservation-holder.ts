import { engineOfInterface } from '../engine/engine-of-interface.ts'
import type { Reservation } from './reservation.ts'

/** The interface that has a reserved prefix, or leads to it; null: none is known. */
export const deviceOf = (reservation: Reservation): string | null => {
  switch (reservation.kind) {
    case 'address':
      return reservation.interface
    case 'network':
      return reservation.network.bridge ?? null
    case 'route':
      return reservation.route.interface ?? null
    default:
      return null
  }
}

/** The engine, project or service that has a reserved prefix; null: not known. */
export const holderOf = (reservation: Reservation): string | null => {
  switch (reservation.kind) {
    case 'address':
      return (
        reservation.owner?.project ?? reservation.network?.engine ?? engineOfInterface(reservation.interface)
      )
    case 'network':
      return reservation.network.engine ?? null
    case 'route':
      return reservation.network?.engine ?? engineOfInterface(reservation.route.interface ?? '')
    case 'lease':
      return reservation.owner.project
    case 'resolver':
      return reservation.service
    case 'reserved':
      return reservation.from
    case 'cluster':
      return reservation.takenBy
    case 'nameserver':
    case 'own':
      return null
  }
}
