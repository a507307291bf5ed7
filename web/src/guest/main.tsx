/** Where the pages of guests begin. */
import { createRoot } from 'react-dom/client'
import '../ui/look.css'
import './guest.css'
import { GalleryPage } from './GalleryPage.tsx'

const slug = decodeURIComponent(location.pathname.split('/')[2] ?? '')
createRoot(document.getElementById('root')!).render(<GalleryPage slug={slug} />)
