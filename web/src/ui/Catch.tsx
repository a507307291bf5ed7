/** A fault in what it holds is said in its place instead of leaving nothing at all. */
import { Component, type ReactNode } from 'react'

export class Catch extends Component<{ instead: ReactNode; children: ReactNode }, { broken: boolean }> {
  override state = { broken: false }

  static getDerivedStateFromError() {
    return { broken: true }
  }

  override render() {
    return this.state.broken ? this.props.instead : this.props.children
  }
}
